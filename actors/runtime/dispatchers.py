"""Other ways to run actors: on a thread of their own, or in the caller's, step by step."""

from __future__ import annotations

import queue
import random
import threading
import time
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from . import execution
from .actor import PooledActor
from .context import here
from .interrupts import raise_interrupt
from .threads import ActorThread

if TYPE_CHECKING:
    from .future import PooledFuture
    from .mailbox import Mailbox
    from .runtime import Runtime


class MailboxRunner(Protocol):
    """What runs mailboxes; each is handed over with the right to run it."""

    throughput: int

    def schedule(self, mailbox: Mailbox) -> None:
        """Have `mailbox` run soon."""
        ...

    def unschedule(self, mailbox: Mailbox) -> bool:
        """Give `mailbox` back if it has not been begun with; say whether it was so."""
        ...

    def drive(self, until: PooledFuture[Any]) -> bool:
        """Run actors in this thread for `until`, if that is its way; say whether it is done."""
        ...

    def enter_blocking(self) -> None:
        """Hear that a thread which runs a handler is going to wait."""
        ...

    def leave_blocking(self) -> None:
        """Hear that it goes on."""
        ...

    def close(self, timeout: float | None = None) -> bool:
        """End the threads, within so many seconds; say whether they ended."""
        ...


class PinnedDispatcher:
    """One thread for one actor, from its first message to its end.

    Args:
        name: the thread's.
    """

    throughput = 64

    def __init__(self, name: str) -> None:
        self._name = name
        self._ready: queue.SimpleQueue[Mailbox | None] = queue.SimpleQueue()
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None

    def schedule(self, mailbox: Mailbox) -> None:
        """Run `mailbox` in the thread, which the first call starts."""
        here.note.handed += 1  # with no call between this and the next
        self._ready.put(mailbox)
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._thread = ActorThread(target=self._work, name=self._name, daemon=True)
                    self._thread.start()
                    mailbox.ended.add_done_callback(lambda _: self._ready.put(None))

    def unschedule(self, mailbox: Mailbox) -> bool:
        """Never give it back: no other thread may run it."""
        return False

    def drive(self, until: PooledFuture[Any]) -> bool:
        """Leave it to the thread."""
        return False

    def enter_blocking(self) -> None:
        """Nothing to do: nobody else waits for this thread."""

    def leave_blocking(self) -> None:
        """Nothing to do: nobody else waits for this thread."""

    def _work(self) -> None:
        here.dispatcher = self
        note = here.note
        while (mailbox := self._ready.get()) is not None:
            note.since = time.monotonic()
            execution.run(mailbox)
            del mailbox

    def close(self, timeout: float | None = None) -> bool:
        """Wait for the end of the thread, which comes with the actor's."""
        thread = self._thread
        if thread is None:
            return True
        thread.join(timeout)
        return not thread.is_alive()


class PinnedActor(PooledActor):
    """An actor with a thread of its own, for libraries that block or want one thread.

    `on_start`, the handlers and `on_stop` all run in it; `__init__` does not. It costs what
    any thread costs, so it is for the few.
    """

    run_inline: ClassVar[bool] = False

    # It must not look idle to anybody but its thread, on_stop included.
    _has_on_start: ClassVar[bool] = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._has_on_start = True

    def _bind(self, runtime: Runtime) -> None:
        super()._bind(runtime)
        dispatcher = PinnedDispatcher(f"{runtime.name}-{type(self).__name__}")
        self.actor_inbox.dispatcher = dispatcher
        runtime._own(self.actor_inbox, dispatcher)


class SteppedDispatcher:
    """Runs actors only when told to, in the caller's thread, in an order that a seed gives.

    For tests: the same seed and the same program give the same interleaving. One message is
    handled at a time.

    Args:
        seed: picks who is next among those that have something to do; without one it is
            whoever has waited longest.

    Example:
        ```py
        dispatcher = SteppedDispatcher(seed=7)
        runtime = Runtime(dispatcher=dispatcher)
        runtime.start(Counter).tell(1)
        dispatcher.run_all()
        ```
    """

    throughput = 1

    def __init__(self, seed: int | None = None) -> None:
        self._chance = None if seed is None else random.Random(seed)
        self._ready: list[Mailbox] = []
        self._lock = threading.RLock()

    def schedule(self, mailbox: Mailbox) -> None:
        """Take `mailbox` among those of which one is next."""
        with self._lock:
            here.note.handed += 1
            self._ready.append(mailbox)

    def unschedule(self, mailbox: Mailbox) -> bool:
        """Give `mailbox` back, if it is there."""
        with self._lock:
            if mailbox not in self._ready:
                return False
            self._ready.remove(mailbox)
            return True

    def step(self) -> bool:
        """Let one actor handle one message; say whether there was one."""
        with self._lock:
            if not self._ready:
                return False
            place = 0 if self._chance is None else self._chance.randrange(len(self._ready))
            mailbox = self._ready.pop(place)
        outer, here.dispatcher = here.dispatcher, self
        here.note.depth += 1
        try:
            execution.run(mailbox)
        finally:
            here.note.depth -= 1
            here.dispatcher = outer
        raise_interrupt()
        return True

    def run_all(self, most: int = 100_000) -> int:
        """Go on until nobody has anything to do; return the number of steps.

        Args:
            most: steps after which to give up.

        Raises:
            RuntimeError: there still was something to do after that many.
        """
        for steps in range(most):
            if not self.step():
                return steps
        raise RuntimeError(f"The actors still have something to do after {most} steps.")

    def drive(self, until: PooledFuture[Any]) -> bool:
        """Go on until `until` is done or nobody has anything to do; say whether it is done."""
        while not until.done and self.step():
            pass
        return until.done

    def enter_blocking(self) -> None:
        """Let the others go on, since whoever waits does so for one of them."""
        self.run_all()

    def leave_blocking(self) -> None:
        """Nothing to do."""

    def close(self, timeout: float | None = None) -> bool:
        """Run what is left."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.step():
            if deadline is not None and time.monotonic() > deadline:
                return False
        return True
