"""Notices handlers that take long, and says so while they still run."""

from __future__ import annotations

import logging
import math
import threading
import time
from typing import TYPE_CHECKING

from .at_work import Run, own_name, runs
from .blocking import declared
from .lifecycle import SlowHandler
from .loop_watch import LoopWatch, Turn
from .stacks import thread_stacks

if TYPE_CHECKING:
    from .mailbox import Mailbox
    from .runtime import Runtime

logger = logging.getLogger("repertory.actors.runtime")

LOOK_EVERY = 0.25
"""Seconds from one look to the next; less if slow is less than four times that."""


class Lookout:
    """A thread that is there only while the pool or the loop is at work, and looks now and then.

    A handler is slow when it holds a thread of the pool, or that of who waits for it, for so long,
    has not declared to be `blocking`, and is not that of a `PinnedActor`; an async one when it
    holds the event loop for so long, without an `await` that lets others go on. It is told again
    each time that it has taken twice as long.

    Args:
        runtime: whose handlers they are.
        slow_after: seconds; `None`: it only notes since when each thread is at what it does.
    """

    def __init__(self, runtime: Runtime, slow_after: float | None) -> None:
        self._runtime = runtime
        self.slow_after = slow_after
        self._loop_watch = LoopWatch(runtime.loop)
        self._lock = threading.RLock()
        self._changed = threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = False
        self.sleeping = True
        """Whether who sets a thread to work ought to wake it."""
        # By thread: what it handles, since when that was seen, and when to tell of it next.
        self._seen: dict[int, tuple[object, float, float]] = {}

    def wake(self) -> None:
        """Begin to look, until the pool and the loop are idle."""
        with self._lock:
            if not self.sleeping or self._closed:
                return
            self.sleeping = False
            thread = threading.Thread(
                target=self._watch, name=f"{self._runtime.name}-lookout", daemon=True
            )
            try:
                thread.start()
            except RuntimeError:
                self.sleeping = True  # no more threads to be had: whoever comes next tries again
            else:
                self._thread = thread

    def _watch(self) -> None:
        pause = LOOK_EVERY if self.slow_after is None else min(LOOK_EVERY, self.slow_after / 4)
        while not self._changed.wait(pause):
            if self.look(time.monotonic()) or self._is_active():
                continue
            with self._lock:
                # Said first, looked at then: whoever comes in between is seen here.
                self.sleeping = True
                if self._closed or not self._is_active():
                    return
                self.sleeping = False

    def _is_active(self) -> bool:
        loop_matters = self.slow_after is not None and self._runtime.loop.busy
        return loop_matters or getattr(self._runtime.dispatcher, "active", 0) > 0

    def look(self, now: float) -> bool:
        """Look once, and tell of those that are slow.

        Args:
            now: the time, by `time.monotonic`.

        Returns:
            whether a thread runs an actor, or the loop anything.
        """
        seen: dict[int, tuple[object, float, float]] = {}
        for run in runs():
            if run.mailbox.runtime is self._runtime:
                seconds = self._seconds(seen, run.ident, run.key, now, told=self._minds(run))
                if seconds is not None:
                    self._tell(run.ident, run.mailbox, run.message, seconds)
        turn = None if self.slow_after is None else self._loop_watch.turn()
        if turn is not None and (ident := self._runtime.loop.ident) is not None:
            seconds = self._seconds(seen, ident, turn, now)
            if seconds is not None:
                self._tell_of_turn(ident, turn, seconds)
        self._seen = seen
        return bool(seen)

    def _seconds(
        self,
        seen: dict[int, tuple[object, float, float]],
        ident: int,
        handled: object,
        now: float,
        *,
        told: bool = True,
    ) -> float | None:
        """Note what a thread is at; return for how long, if that is to be told now."""
        before = self._seen.get(ident)
        if before is None or before[0] is not handled:
            slow_after = math.inf if self.slow_after is None else self.slow_after
            seen[ident] = (handled, now, now + slow_after)
            return None
        _, since, due = before
        slow = told and now >= due
        seen[ident] = (handled, since, now + (now - since) if slow else due)
        return now - since if slow else None

    def since(self, run: Run, now: float) -> float:
        """Return since when a thread is at what it does, as far as is known.

        Args:
            run: what it does.
            now: the time, by `time.monotonic`.
        """
        if run.since is not None:
            return run.since
        handled, since, _ = self._seen.get(run.ident, (None, now, now))
        return since if handled is run.key else now

    def _minds(self, run: Run) -> bool:
        # An actor with a thread of its own holds up nobody.
        pooled = run.mailbox.dispatcher is self._runtime.dispatcher
        return pooled and not run.is_leaving and run.ident not in declared

    def _tell(
        self,
        ident: int,
        mailbox: Mailbox,
        message: str | None,
        seconds: float,
        how: str = "",
    ) -> None:
        self._log(ident, f"{mailbox.name} has been at {message or 'its on_start'}", seconds, how)
        events = self._runtime.events
        if events:
            events.publish(SlowHandler(mailbox.ref, message, seconds))

    def _tell_of_turn(self, ident: int, turn: Turn, seconds: float) -> None:
        how = ", and nothing else goes on in that event loop; it must await, or use a thread"
        handling = self._loop_watch.handling(turn)
        if handling is not None:
            envelope = handling.envelope
            message = None if envelope is None else type(envelope.message).__name__
            self._tell(ident, handling.mailbox, message, seconds, how)
        else:  # an async activity, or what somebody else has given to the loop
            what = "A callback" if turn.task is None else f"The task {turn.task.get_name()}"
            self._log(ident, f"{what} has run", seconds, how)

    def _log(self, ident: int, what: str, seconds: float, how: str) -> None:
        thread = next((own_name(t) for t in threading.enumerate() if t.ident == ident), "?")
        stack = "".join(thread_stacks().get(ident, ())).rstrip()
        logger.warning("%s for %.1f s in %s%s:\n%s", what, seconds, thread, how, stack)

    def close(self) -> None:
        """End the thread, if there is one."""
        with self._lock:
            self._closed = True
            self._changed.set()
            thread = self._thread
        if thread is not None:
            thread.join()
