"""The shared pool of threads that runs whichever actors have something to do."""

from __future__ import annotations

import itertools
import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import execution
from .context import here
from .threads import ActorThread
from .watchdog import Watchdog

if TYPE_CHECKING:
    from .future import PooledFuture
    from .lookout import Lookout
    from .mailbox import Mailbox

logger = logging.getLogger(__name__)

MAX_SEARCHED = 2_000
"""How many mailboxes may wait for a worker while one of them is looked for among them: to look
through more would cost what it saves, another thread's waking."""


def at_once() -> int:
    """Return how many threads can compute at once: one, where an interpreter lock is held for it.

    A second one would only hand the lock to and fro, and run into the first within asks.
    """
    locked = getattr(sys, "_is_gil_enabled", lambda: True)()
    return 1 if locked else side_by_side()


def side_by_side() -> int:
    """Return how many threads are worth while if some of them wait now and then."""
    return min(4, os.cpu_count() or 1)


class Worker:
    """A thread of the pool, as the others see it."""

    __slots__ = ("began", "thread", "wake")

    def __init__(self) -> None:
        self.wake = threading.Lock()
        self.wake.acquire()
        self.began = 0
        """Odd while it runs an actor; changes with each one, so that a watcher sees progress."""
        self.thread: threading.Thread | None = None


class Dispatcher:
    """A pool that grows while its workers are blocked, and shrinks to nothing when idle.

    Args:
        name: the names of its threads begin with it.
        workers: how many threads run actors at the same time; by default as many as can compute at
            once, which is one, but in a Python without an interpreter lock.
        max_workers: the most threads that it adds because handlers block silently. Workers
            that wait for an answer don't count.
        idle_seconds: how long a thread without work stays.
    """

    throughput = 64
    """How many messages an actor may handle before others get their turn."""

    def __init__(
        self,
        name: str,
        *,
        workers: int | None = None,
        max_workers: int = 256,
        idle_seconds: float = 5.0,
    ) -> None:
        self.name = name
        self.workers = workers or at_once()
        self.side_by_side = workers or side_by_side()
        self.max_workers = max(max_workers, self.workers)
        self.idle_seconds = idle_seconds
        self.ready: deque[Mailbox] = deque()
        self.threads: set[Worker] = set()
        self.extra = 0
        """How many workers more than `workers`, because so many seem to be stuck."""
        self._numbers = itertools.count(1)
        # Reentrant: a signal handler or a finalizer may send a message while this is held.
        self._lock = threading.RLock()
        self._idle: list[Worker] = []
        self._active = 0
        """Workers that neither are idle nor wait for an answer."""
        self._closing = False
        self._watchdog = Watchdog(self)
        self.lookout: Lookout | None = None

    def schedule(self, mailbox: Mailbox) -> None:
        """Have `mailbox`, whose turn the caller hands over, run soon."""
        here.note.handed += 1  # with no call between this and the next
        ready = self.ready
        try:
            ready.append(mailbox)
            if self._active < self.workers and (here.dispatcher is not self or len(ready) > 1):
                self.add_worker()
            elif self._watchdog.sleeping:
                # A worker takes this one up when it is done with its own; if it gets stuck in
                # there, the watchdog sees it.
                self._watchdog.wake()
        except BaseException:
            self.add_worker()  # Ctrl-C, before there was one for it
            raise

    def unschedule(self, mailbox: Mailbox) -> bool:
        """Take `mailbox` and its turn back if no worker has begun with it."""
        if len(self.ready) > MAX_SEARCHED:
            return False
        try:
            self.ready.remove(mailbox)
        except (ValueError, IndexError):
            return False
        except BaseException:
            self.ready.append(mailbox)  # Ctrl-C, right after the call
            raise
        return True

    def add_worker(self) -> bool:
        """Wake or start a worker if the pool may have one more; say whether it did."""
        with self._lock:
            if self._active >= self.workers + self.extra:
                return False
            if self.lookout is not None and self.lookout.sleeping:
                self.lookout.wake()
            if self._idle:
                # A Ctrl-C comes right after a call: none lies between these and the last.
                worker = self._idle[-1]
                del self._idle[-1]
                self._active += 1
                worker.wake.release()
                return True
            worker = Worker()
            self._active += 1
            self.threads.add(worker)
        worker.thread = ActorThread(
            target=self._work,
            args=(worker,),
            name=f"{self.name}-worker-{next(self._numbers)}",
            daemon=True,
        )
        try:
            worker.thread.start()
        except RuntimeError:
            with self._lock:
                self._active -= 1
                self.threads.discard(worker)
            logger.exception("The pool %s can't start another thread.", self.name)
            return False
        return True

    def _work(self, worker: Worker) -> None:
        here.dispatcher = self
        take = self.ready.popleft
        while True:
            if self._active > self.workers + self.extra and not self._rest(worker, surplus=True):
                return
            try:
                mailbox = take()
            except IndexError:
                if not self._rest(worker):
                    return
                continue
            worker.began += 1
            try:
                execution.run(mailbox)
            except BaseException:
                logger.exception("Running %s failed outside its handlers.", mailbox.name)
            worker.began += 1
            del mailbox

    def _rest(self, worker: Worker, *, surplus: bool = False) -> bool:
        """Wait for work; say whether to go on, `False` when it is time to leave."""
        with self._lock:
            if surplus and self._active <= self.workers + self.extra:
                return True
            if not surplus and self.ready:
                return True
            self._active -= 1
            if self._closing:
                self.threads.discard(worker)
                return False
            self._idle.append(worker)
        if worker.wake.acquire(timeout=self.idle_seconds):
            return not self._left_for_good(worker)
        with self._lock:
            if worker in self._idle:
                self._idle.remove(worker)
                self.threads.discard(worker)
                return False
        worker.wake.acquire()
        return not self._left_for_good(worker)

    def _left_for_good(self, worker: Worker) -> bool:
        if self._closing and not self.ready:
            with self._lock:
                self._active -= 1
                self.threads.discard(worker)
            return True
        return False

    @property
    def active(self) -> int:
        """How many threads neither are idle nor wait for an answer."""
        return self._active

    @property
    def live_threads(self) -> list[threading.Thread]:
        """The threads that there are, at work or not."""
        with self._lock:
            return [worker.thread for worker in self.threads if worker.thread is not None]

    def drive(self, until: PooledFuture[Any]) -> bool:
        """Leave it to the pool."""
        return False

    def enter_blocking(self) -> None:
        """Say that this thread will be blocked: another one may take its place."""
        with self._lock:
            self._active -= 1
        if self.ready:
            self.add_worker()

    def leave_blocking(self) -> None:
        """Say that this thread goes on; should it be one too many, one goes to rest."""
        with self._lock:
            self._active += 1

    def stuck_workers(self) -> Callable[[], int]:
        """Note what each worker is at; the result counts those still at the same."""
        with self._lock:
            before = {worker: worker.began for worker in self.threads if worker.began % 2}
        return lambda: sum(worker.began == began for worker, began in before.items())

    def close(self, timeout: float | None = None) -> bool:
        """End the threads once nothing is ready; say whether all ended in time."""
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._lock:
            self._closing = True
            threads = list(self.threads)
            idle, self._idle = self._idle, []
            self._active += len(idle)
            for worker in idle:
                worker.wake.release()
        self._watchdog.close()
        for worker in threads:
            if worker.thread is not None and worker.thread.ident is not None:
                worker.thread.join(
                    None if deadline is None else max(0.0, deadline - time.monotonic())
                )
        return not any(worker.thread and worker.thread.is_alive() for worker in threads)
