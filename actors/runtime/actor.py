"""The actor: a `pykka.Actor` that a pool of threads runs when it has messages."""

from __future__ import annotations

import inspect
import itertools
import uuid
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

import pykka
from pykka import messages

from . import ending
from .children import Children
from .envelope import Envelope
from .errors import ActorRuntimeError
from .forking import in_child
from .future import PooledFuture
from .mailbox import Mailbox, StoppedFlag
from .ref import PooledRef
from .supervision import Restart, Strategy
from .timers import Timer, Timers
from .watching import Watching

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pykka._actor import ActorInbox

    from .runtime import Runtime

A = TypeVar("A", bound="PooledActor")


def _urns() -> itertools.count[int]:
    """Begin a new series of urns: valid random UUIDs that count up at the end."""
    global _urn_prefix
    _urn_prefix = uuid.uuid4().urn[:-12]
    return itertools.count()


_urn_prefix = ""
_urn_numbers = _urns()


@in_child
def _begin_anew() -> None:
    global _urn_numbers
    _urn_numbers = _urns()


class PooledActor(pykka.Actor):
    """An actor that costs no thread of its own.

    `on_receive` may be a plain method or an `async def`; either way the actor takes its next
    message only when this one is finished.

    Example:
        ```py
        class Counter(PooledActor):
            def __init__(self):
                super().__init__()
                self.count = 0

            def on_receive(self, message):
                self.count += message
                return self.count

        with Runtime() as runtime:
            assert runtime.start(Counter).ask(2) == 2
        ```
    """

    stop_on_failure: ClassVar[bool | None] = None
    """Whether a failing handler ends the actor. `None` is Pykka's way: a failing tell does, a
    failing ask does not, and `on_failure` is called only when it does."""

    run_inline: ClassVar[bool] = True
    """Whether a thread that waits for this actor may run it itself."""

    mailbox_type: ClassVar[Callable[[], Mailbox]] = Mailbox
    """Makes the mailbox: see `BoundedMailbox` and `PriorityMailbox`."""

    supervision: ClassVar[Strategy] = Strategy()
    """How the children of this actor are supervised."""

    batch_limit: ClassVar[int] = 256
    """The most envelopes that `on_batch` gets at once."""

    _takes_batches: ClassVar[bool] = False
    _has_on_start: ClassVar[bool] = False

    _batch_at_hand: Sequence[Envelope[Any]] | None = None
    _stash: list[Envelope[Any]] | None = None
    _timers: Timers | None = None
    _watching: Watching | None = None

    runtime: Runtime
    """The runtime that the actor lives in."""
    actor_inbox: Mailbox

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if inspect.iscoroutinefunction(cls.on_batch):
            raise TypeError(f"{cls.__name__}.on_batch must be a plain method, not async.")
        cls._takes_batches = cls.on_batch is not PooledActor.on_batch
        cls._has_on_start = cls.on_start is not pykka.Actor.on_start

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        # Started by a runtime it is bound already; made by hand it lives in the default one.
        if "actor_inbox" not in self.__dict__:
            from .default import default_runtime

            self._bind(default_runtime())

    def _bind(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.actor_urn = f"{_urn_prefix}{next(_urn_numbers):012x}"
        mailbox = self.actor_inbox = type(self).mailbox_type()
        mailbox.actor = self
        mailbox.runtime = runtime
        mailbox.dispatcher = runtime.dispatcher
        mailbox.ref = self._actor_ref = PooledRef(self, mailbox)

    def _take_over(self, mailbox: Mailbox) -> None:
        """Become the next instance behind a mailbox and its ref."""
        self.runtime = mailbox.runtime
        self.actor_urn = mailbox.ref.actor_urn
        self.actor_inbox = mailbox
        self._actor_ref = mailbox.ref
        mailbox.actor = self

    def _give_up(self) -> list[Envelope[Any]]:
        """End what belongs to this instance alone; return the messages it had stashed."""
        if self._timers is not None:
            self._timers.cancel_all()
        if self._watching is not None:
            self._watching.end_all()
        stash, self._stash = self._stash or [], None
        self.actor_inbox.stashed = 0
        return stash

    @classmethod
    def start(cls, *args: Any, **kwargs: Any) -> pykka.ActorRef[Self]:
        """Start an actor in the default runtime; the arguments go to `__init__`."""
        from .default import default_runtime

        return default_runtime().start(cls, *args, **kwargs)

    @property
    def actor_stopped(self) -> StoppedFlag:  # type: ignore[override]  # an Event's face, no Event
        """Whether the actor has stopped; can be waited for."""
        return StoppedFlag(self.actor_inbox)

    @staticmethod
    def _create_actor_inbox() -> ActorInbox:
        return Mailbox()

    @staticmethod
    def _create_future() -> pykka.Future[Any]:
        return PooledFuture()

    def _start_actor_loop(self) -> None:
        self.actor_inbox.open(self._has_on_start)

    def _stop(self) -> None:
        ending.stop(self.actor_inbox)

    def stop(self) -> None:
        """Stop after the messages that are waiting now; does nothing once stopped."""
        try:
            self.actor_ref.tell(messages._ActorStop())
        except pykka.ActorDeadError:
            pass

    @property
    def actor_name(self) -> str:
        """What the actor is called in thread names, log records, errors and dumps.

        By default its class and urn; a class may give something that people know it by.
        """
        return f"{self.__class__.__name__} ({self.actor_urn})"

    def on_batch(self, envelopes: Sequence[Envelope[Any]]) -> None:
        """Handle several messages at once, if the class defines this.

        The actor then answers each envelope's `reply_to` itself, now or later. If this raises,
        whoever has no answer yet gets the exception.

        Args:
            envelopes: what is waiting, oldest first, each with `message` and `reply_to`.
        """
        raise NotImplementedError

    def take_reply(self) -> PooledFuture[Any] | None:
        """Take over the answer to the message being handled.

        The runtime then doesn't answer it: whoever took the future must set it. To let a
        waiting thread help, set its `worker` to the mailbox that will bring the answer.

        Returns:
            the future that the asker waits for; `None` if it was told, not asked.
        """
        envelope = self.actor_inbox.current
        if envelope is None or envelope.reply_to is None:
            return None
        future, envelope.reply_to = envelope.reply_to, None
        assert isinstance(future, PooledFuture)
        # Which mailbox brings the answer now only the taker knows.
        future.worker = None
        return future

    def retire(self) -> bool:
        """End this actor, from inside a handler, if no message is waiting.

        Nothing can be lost: a sender either comes before, and this returns `False`, or is
        refused with `pykka.ActorDeadError`. `on_stop` is called.

        Returns:
            whether the actor has ended.
        """
        return ending.retire(self.actor_inbox)

    def vacate(self) -> list[Envelope[Any]]:
        """End this actor, from inside a handler, though messages wait.

        `on_stop` is called. Whoever calls this sees to it that another actor takes them.

        Returns:
            the envelopes that wait, oldest first; senders are refused from now on.
        """
        return ending.vacate(self.actor_inbox)

    def start_child(
        self,
        actor_class: type[A],
        *args: Any,
        restart: Restart = Restart.PERMANENT,
        **kwargs: Any,
    ) -> PooledRef[A]:
        """Start an actor that this one supervises, and that stops when this one does.

        Args:
            actor_class: the child's class.
            args: for its `__init__`, also of each later instance.
            restart: when the child is restarted; `supervision` says how.
            kwargs: likewise.
        """
        mailbox = self.actor_inbox
        if mailbox.children is None:
            mailbox.children = Children(mailbox, self.supervision)
        return self.runtime._start(actor_class, args, kwargs, mailbox.children, restart)

    def stop_child(self, ref: pykka.ActorRef[Any], *, now: bool = False) -> None:
        """Stop a child for good, whatever its restart type; `now` as in `PooledRef.stop`."""
        if self.actor_inbox.children is not None:
            self.actor_inbox.children.forget(cast("PooledRef[Any]", ref).actor_inbox)
        cast("PooledRef[Any]", ref).stop(block=False, now=now)

    @property
    def children(self) -> list[pykka.ActorRef[Any]]:
        """The refs of the children, oldest first."""
        children = self.actor_inbox.children
        return [] if children is None else children.refs

    def pre_restart(self, error: BaseException | None) -> None:
        """Clean up before a new instance takes over; the children are stopped after this.

        Args:
            error: why; `None` if an actor stopped by itself.
        """

    def post_restart(self, error: BaseException | None) -> None:
        """Take over, after `__init__` and before `on_start`.

        Args:
            error: why; `None` if an actor stopped by itself.
        """

    def given_up(self, error: BaseException) -> None:
        """See to what waits, since no instance follows, by the supervisor's decision.

        It becomes dead letters, unless this takes it with `vacate`.

        Args:
            error: why.
        """

    def watch(self, ref: pykka.ActorRef[Any]) -> None:
        """Get one `Terminated(ref)` message when that actor ends, or has ended already."""
        if self._watching is None:
            self._watching = Watching(self.actor_inbox)
        self._watching.begin(ref)

    def unwatch(self, ref: pykka.ActorRef[Any]) -> None:
        """Get no `Terminated` of that actor, unless it is in the mailbox already."""
        if self._watching is not None:
            self._watching.end(ref)

    def stash(self) -> None:
        """Set the message being handled aside; it is answered when it is handled again."""
        mailbox = self.actor_inbox
        envelope = mailbox.current
        if envelope is None:
            raise ActorRuntimeError(f"{self} handles no message that it could stash.")
        if self._stash is None:
            self._stash = []
        self._stash.append(Envelope(envelope.message, envelope.reply_to))
        mailbox.stashed = len(self._stash)
        # It is handled no more for now: it can't be stashed twice, and gets no answer.
        envelope.reply_to = mailbox.current = None

    def unstash_all(self) -> None:
        """Put what was set aside back, in its order and before everything that waits."""
        mailbox = self.actor_inbox
        stash, self._stash = self._stash or [], None
        mailbox.queue.extendleft(reversed(stash))
        mailbox.stashed = 0

    def schedule_once(self, seconds: float, message: Any) -> Timer:
        """Send `message` to this actor in so many seconds, unless it has ended by then."""
        return self._own_timers().start(seconds, message, None)

    def schedule_every(self, seconds: float, message: Any) -> Timer:
        """Send `message` to this actor every so many seconds until it ends."""
        _check_interval(seconds)
        return self._own_timers().start(seconds, message, seconds)

    def set_receive_timeout(self, seconds: float | None) -> None:
        """Get a `ReceiveTimeout` whenever no message came for so many seconds.

        Args:
            seconds: how long; `None` ends it.

        Raises:
            ValueError: it is no time at all.
        """
        if seconds is not None:
            _check_interval(seconds)
        self._own_timers().set_receive_timeout(seconds)

    def _own_timers(self) -> Timers:
        if self._timers is None:
            self._timers = Timers(self.actor_inbox)
        return self._timers


def _check_interval(seconds: float) -> None:
    if not seconds > 0:  # which a NaN is not, either
        raise ValueError(f"An interval must be longer than no time at all, not {seconds} s.")
