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
from .stacks import thread_stacks

if TYPE_CHECKING:
    from .runtime import Runtime

logger = logging.getLogger("repertory.actors.runtime")

LOOK_EVERY = 0.25
"""Seconds from one look to the next; less if slow is less than four times that."""


class Lookout:
    """A thread that is there only while the pool is at work, and looks at it now and then.

    A handler is slow when it holds a thread of the pool, or that of who waits for it, for so long,
    has not declared to be `blocking`, and is not that of a `PinnedActor`. It is told again
    each time that it has taken twice as long.

    Args:
        runtime: whose handlers they are.
        slow_after: seconds; `None`: it only notes since when each thread is at what it does.
    """

    def __init__(self, runtime: Runtime, slow_after: float | None) -> None:
        self._runtime = runtime
        self.slow_after = slow_after
        self._lock = threading.RLock()
        self._changed = threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = False
        self.sleeping = True
        """Whether who sets a thread to work ought to wake it."""
        # By thread: what it handles, since when that was seen, and when to tell of it next.
        self._seen: dict[int, tuple[object, float, float]] = {}

    def wake(self) -> None:
        """Begin to look, until the pool is idle."""
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
            if self.look(time.monotonic()) or self._pool_is_active():
                continue
            with self._lock:
                # Said first, looked at then: whoever comes in between is seen here.
                self.sleeping = True
                if self._closed or not self._pool_is_active():
                    return
                self.sleeping = False

    def _pool_is_active(self) -> bool:
        return getattr(self._runtime.dispatcher, "active", 0) > 0

    def look(self, now: float) -> bool:
        """Look once, and tell of those that are slow.

        Args:
            now: the time, by `time.monotonic`.

        Returns:
            whether a thread runs an actor.
        """
        slow_after = math.inf if self.slow_after is None else self.slow_after
        seen: dict[int, tuple[object, float, float]] = {}
        for run in runs():
            if run.mailbox.runtime is not self._runtime:
                continue
            handled = run.key
            before = self._seen.get(run.ident)
            if before is None or before[0] is not handled:
                seen[run.ident] = (handled, now, now + slow_after)
                continue
            _, since, due = before
            if now >= due and self._minds(run):
                due = now + (now - since)
                self._tell(run, now - since)
            seen[run.ident] = (handled, since, due)
        self._seen = seen
        return bool(seen)

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
        return run.mailbox.dispatcher is self._runtime.dispatcher and run.ident not in declared

    def _tell(self, run: Run, seconds: float) -> None:
        mailbox, message = run.mailbox, run.message
        thread = next((own_name(t) for t in threading.enumerate() if t.ident == run.ident), "?")
        stack = "".join(thread_stacks().get(run.ident, ())).rstrip()
        logger.warning(
            "%s has been at %s for %.1f s in %s:\n%s",
            *(mailbox.name, message or "its on_start", seconds, thread, stack),
        )
        events = self._runtime.events
        if events:
            events.publish(SlowHandler(mailbox.ref, message, seconds))

    def close(self) -> None:
        """End the thread, if there is one."""
        with self._lock:
            self._closed = True
            self._changed.set()
            thread = self._thread
        if thread is not None:
            thread.join()
