"""The runtime: what a set of actors shares, and what ends them together."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TextIO, TypeVar, cast
from weakref import WeakSet

import pykka

from . import ending
from .actor import PooledActor
from .at_work import AtWork, at_work
from .children import Children
from .clock import Clock, SystemClock
from .context import here
from .dead_letters import DeadLetters
from .dispatcher import Dispatcher
from .dispatchers import MailboxRunner
from .dump import dump, dump_on_signal
from .errors import ActorRuntimeError, RuntimeClosedError
from .events import EventStream
from .forking import in_child
from .inspection import ActorInfo, inspect
from .lifecycle import ActorStarted
from .lookout import Lookout
from .loop import HandlerLoop
from .mailbox import Mailbox
from .ref import PooledRef
from .states import ENDED
from .supervision import Restart
from .topics import Topics

A = TypeVar("A", bound=PooledActor)

logger = logging.getLogger("repertory.actors.runtime")

_runtimes: WeakSet[Runtime] = WeakSet()


@in_child
def _leave_behind() -> None:
    for runtime in tuple(_runtimes):
        runtime._leave_behind()


class Runtime:
    """A pool of threads, a registry, a clock and an event stream for a set of actors.

    Runtimes in one process know nothing of each other.

    Args:
        name: the names of its threads begin with it.
        workers: how many threads run actors at the same time; by default one, since Python
            computes in one at a time, with more as soon as handlers wait.
        clock: where time comes from; the system by default.
        dispatcher: what runs the actors; a pool by default.
        slow_after: seconds after which a handler that holds a thread is warned of, in the log and
            with a `SlowHandler` on the event stream; `None`: never.

    Attributes:
        dispatcher: what runs the actors.
        registry: the live actors' refs by urn, in the order of their start.
        clock: where time comes from.
        events: what happens to actors: see `lifecycle`.
        dead_letters: the messages that nobody will handle.
        topics: publish and subscribe by topic.
        loop: runs async handlers.
        lookout: notices handlers that take long.
        handled: how many messages were handled.
        restarts: how often a new instance took an actor's place.

    Example:
        ```py
        with Runtime("billing") as runtime:
            ref = runtime.start(Invoices)
            ref.ask("total")
        ```
    """

    def __init__(
        self,
        name: str = "repertory",
        *,
        workers: int | None = None,
        clock: Clock | None = None,
        dispatcher: MailboxRunner | None = None,
        slow_after: float | None = 10.0,
    ) -> None:
        self.name = name
        self.dispatcher: MailboxRunner = dispatcher or Dispatcher(name, workers=workers)
        self.registry: dict[str, pykka.ActorRef[Any]] = {}
        self.clock: Clock = clock or SystemClock(f"{name}-clock")
        self.events = EventStream()
        self.dead_letters = DeadLetters(self.events)
        self.topics = Topics(self.dead_letters)
        self.loop = HandlerLoop(f"{name}-loop")
        self.lookout = self.loop.lookout = Lookout(self, slow_after)
        if isinstance(self.dispatcher, Dispatcher):
            self.dispatcher.lookout = self.lookout
        self._owns_clock = clock is None
        # Added to in one go, without a call in between, in which another thread could come.
        self.handled = 0
        self.restarts = 0
        self._closing = False
        self._left_behind = False
        _runtimes.add(self)
        self._pinned: set[MailboxRunner] = set()

    def start(self, actor_class: type[A], *args: Any, **kwargs: Any) -> PooledRef[A]:
        """Make an actor and let it run.

        Args:
            actor_class: a subclass of `PooledActor`.
            args: for its `__init__`, which runs here; `on_start` runs in the pool.
            kwargs: likewise.

        Raises:
            RuntimeClosedError: the runtime is shut down or shutting down.
            ActorRuntimeError: the class is no `PooledActor`.
        """
        return cast("PooledRef[A]", self._start(actor_class, args, kwargs))

    def _start(
        self,
        actor_class: type[Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        parent: Children | None = None,
        restart: Restart = Restart.TEMPORARY,
    ) -> PooledRef[Any]:
        self._refuse_if_closing(actor_class)
        if not hasattr(actor_class, "_bind"):
            raise ActorRuntimeError(
                f"{getattr(actor_class, '__qualname__', actor_class)} can't start in a runtime: "
                f"derive it from PooledActor (pykka's ThreadingActor has a thread of its own)."
            )
        actor: PooledActor = actor_class.__new__(actor_class, *args, **kwargs)
        actor._bind(self)
        mailbox = actor.actor_inbox
        mailbox.parent = parent
        ref = mailbox.ref
        try:
            # Bound first, so that `__init__` can use the ref and the runtime.
            actor.__init__(*args, **kwargs)  # type: ignore[misc]
            if parent is not None:
                parent.add(actor_class, args, kwargs, restart, mailbox)
            self._register(ref)
            # Asked again: a shutdown that began meanwhile may not have seen this one.
            self._refuse_if_closing(actor_class)
        except BaseException:
            # It may have told others its ref: what they have sent to it ends here.
            ending.close(mailbox)
            ending.clear(mailbox)
            raise
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug("Starting %s", actor)
        if self.events:
            self.events.publish(ActorStarted(ref))
        actor._start_actor_loop()
        return ref

    def _refuse_if_closing(self, actor_class: type[Any]) -> None:
        if self._closing:
            raise RuntimeClosedError(
                f"The runtime {self.name} is shut down: {actor_class.__name__} can't start in it."
            )

    def _own(self, mailbox: Mailbox, dispatcher: MailboxRunner) -> None:
        """Keep an actor's own thread in mind, for the shutdown to wait for."""
        self._pinned.add(dispatcher)
        mailbox.ended.add_done_callback(lambda _: self._pinned.discard(dispatcher))

    def _register(self, ref: PooledRef[Any]) -> None:
        self.registry[ref.actor_urn] = ref

    def _forget(self, ref: PooledRef[Any]) -> None:
        self.registry.pop(ref.actor_urn, None)

    def _on_base_exception(self, mailbox: Mailbox, error: BaseException) -> None:
        """Note that an actor ends because of something like `SystemExit`; the others go on."""
        logger.error("%r ended %s.", error, mailbox.ref, exc_info=error)

    def inspect(self) -> list[ActorInfo]:
        """Return what each live actor is at, in the order of their start."""
        return inspect(self)

    def at_work(self, *, stacks: bool = False) -> list[AtWork]:
        """Return what each thread and async handler is doing; with `stacks`, and where."""
        return at_work(self, stacks=stacks)

    def dump(self, *, stacks: bool = True) -> str:
        """Return the same as a text to read."""
        return dump(self, stacks=stacks)

    def dump_on_signal(
        self, signum: int | None = None, *, file: TextIO | None = None
    ) -> Callable[[], None]:
        """Have a signal, by default SIGUSR1, write the dump to `file`, by default stderr.

        Returns:
            what undoes it.

        Raises:
            ActorRuntimeError: this is not the main thread, or there is no SIGUSR1 here.
        """
        return dump_on_signal(self, signum, file=file)

    def shutdown(self, timeout: float | None = None) -> bool:
        """Stop all actors, the youngest first, then end the threads.

        Each actor handles what is waiting before it stops. When the time is up the rest is
        closed at once, and what waits there becomes dead letters.

        Args:
            timeout: seconds for all of it; `None` waits for as long as it takes.

        Returns:
            whether every actor and every thread ended in time.

        Raises:
            ActorRuntimeError: called from a handler of this runtime, which can't outlive it.
        """
        if (here.mailbox is not None and here.mailbox.runtime is self) or self.loop.is_here():
            raise ActorRuntimeError(
                f"A handler can't shut down the runtime {self.name}: do it from outside."
            )
        if self._left_behind:
            return True
        deadline = None if timeout is None else time.monotonic() + timeout
        self._closing = True
        pinned = list(self._pinned)
        orderly = self._stop_all(deadline)
        for dispatcher in pinned:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            orderly = dispatcher.close(left) and orderly
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        ended = self.loop.close(left)
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        ended = self.dispatcher.close(left) and ended
        self.lookout.close()
        if self._owns_clock:
            self.clock.close()
        return orderly and ended

    def _stop_all(self, deadline: float | None) -> bool:
        orderly = True
        # Actors that are being started elsewhere may still come in: look again.
        while refs := list(self.registry.values()):
            for ref in refs:
                children = cast("PooledRef[Any]", ref).actor_inbox.children
                if children is not None:
                    children.cut_short()
            for ref in reversed(refs):
                left = None if deadline is None else deadline - time.monotonic()
                try:
                    if left is None or left > 0:
                        ref.stop(timeout=left)
                        continue
                except pykka.Timeout:
                    pass
                orderly = False
                ending.abandon(cast("PooledRef[Any]", ref).actor_inbox)
        return orderly

    def _leave_behind(self) -> None:
        """Be over, in a forked process: the actors, and the threads, are the parent's."""
        self._closing = self._left_behind = True
        for ref in self.registry.values():
            cast("PooledRef[Any]", ref).actor_inbox.state = ENDED
        self.registry.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.shutdown()
