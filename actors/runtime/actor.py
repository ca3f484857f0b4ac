"""The actor: a `pykka.Actor` that a pool of threads runs when it has messages."""

from __future__ import annotations

import itertools
import uuid
from typing import TYPE_CHECKING, Any, ClassVar, Self

import pykka
from pykka import messages

from . import execution
from .future import PooledFuture
from .mailbox import Mailbox, StoppedFlag
from .ref import PooledRef

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pykka._actor import ActorInbox
    from pykka._envelope import Envelope

    from .runtime import Runtime


def _urns() -> itertools.count[int]:
    """Begin a new series of urns: valid random UUIDs that count up at the end."""
    global _urn_prefix
    _urn_prefix = uuid.uuid4().urn[:-12]
    return itertools.count()


_urn_prefix = ""
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

    batch_limit: ClassVar[int] = 256
    """The most envelopes that `on_batch` gets at once."""

    _takes_batches: ClassVar[bool] = False
    _has_on_start: ClassVar[bool] = False

    runtime: Runtime
    """The runtime that the actor lives in."""
    actor_inbox: Mailbox

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
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
        mailbox = self.actor_inbox = Mailbox()
        mailbox.actor = self
        mailbox.runtime = runtime
        mailbox.dispatcher = runtime.dispatcher
        mailbox.ref = self._actor_ref = PooledRef(self, mailbox)

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
        execution.stop(self.actor_inbox)

    def stop(self) -> None:
        """Stop after the messages that are waiting now; does nothing once stopped."""
        try:
            self.actor_ref.tell(messages._ActorStop())
        except pykka.ActorDeadError:
            pass

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
        return execution.retire(self.actor_inbox)
