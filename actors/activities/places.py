"""Where attempts are made: on threads, on the event loop, in processes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial

from ..runtime import Runtime
from .attempt import Attempt
from .current import enter
from .in_process import Order
from .outcome import outcome_of, written
from .processes import Processes
from .retry import Failure
from .threads import Threads

Ended = Callable[[Attempt, bytes | Failure | None], None]
"""Told once of each attempt: its result as JSON, why it failed, or None if it was broken off."""


logger = logging.getLogger("repertory.activities")

ENDING = 0.2
"""Seconds that threads have to end when they have nothing to do any more."""


class Places:
    """Makes attempts, and tells how each has ended.

    Arguments:
        runtime: whose event loop async activities run on.
        ended: told of the end of each attempt, from wherever that is.
        beat: told of heartbeats from processes, by the attempt's number.
    """

    def __init__(
        self, runtime: Runtime, ended: Ended, beat: Callable[[int, bytes | None], None]
    ) -> None:
        self._runtime = runtime
        self._ended = ended
        self._threads = Threads(f"{runtime.name}-activity")
        self.processes = Processes(beat)

    def begin(self, attempts: Iterable[Attempt]) -> None:
        """Begin these attempts."""
        coroutines: list[Attempt] = []
        for attempt in attempts:
            match attempt.activity.on:
                case "thread":
                    self._threads.run(partial(self._call, attempt))
                case "process":
                    self._submit(attempt)
                case "loop":
                    coroutines.append(attempt)
        works = [(partial(_bind, attempt), self._await(attempt)) for attempt in coroutines]
        if works and not self._runtime.loop.spawn(works):
            for attempt in coroutines:
                self._ended(attempt, None)

    def _call(self, attempt: Attempt) -> None:
        call, function = attempt.work.call, attempt.activity.function
        with enter(attempt.current):
            outcome = outcome_of(lambda: function(*call.args, **call.kwargs))
        self._ended(attempt, outcome)

    async def _await(self, attempt: Attempt) -> None:
        call = attempt.work.call
        outcome: bytes | Failure | None
        try:
            with enter(attempt.current):
                outcome = written(await attempt.activity.function(*call.args, **call.kwargs))
        except asyncio.CancelledError as error:
            outcome = None if attempt.claimed else Failure.of(error)
        except BaseException as error:
            outcome = Failure.of(error)
        self._ended(attempt, outcome)

    def _submit(self, attempt: Attempt) -> None:
        current, call = attempt.current, attempt.work.call
        order = Order(
            attempt.number,
            attempt.activity.function,
            call.args,
            call.kwargs,
            current.key,
            current.workflow_id,
            current.name,
            current.attempt,
            current.progress,
        )

        def ended(future: Future[bytes | Failure | None]) -> None:
            if future.cancelled():
                self._ended(attempt, None)
                return
            error = future.exception()
            self._ended(attempt, Failure.of(error) if error else future.result())

        try:
            future = self.processes.submit(order)
        except Exception as error:
            self._ended(attempt, Failure.of(error))
            return
        attempt.note = partial(self.processes.tell_to_stop, attempt.number)
        attempt.stop = partial(self.processes.stop, attempt.number)
        future.add_done_callback(ended)

    def close(self) -> None:
        """End threads and processes. A thread that hangs is left behind: nobody can end it."""
        self.processes.close()
        if busy := self._threads.close(ENDING):
            logger.warning(
                "%d threads of activities go on, though their system is closed; let them look at "
                "current_activity().cancelled.",
                busy,
            )


def _bind(attempt: Attempt, task: asyncio.Task[None]) -> None:
    loop = task.get_loop()

    def stop() -> None:
        try:
            loop.call_soon_threadsafe(task.cancel)
        except RuntimeError:
            pass  # the loop has ended, and the task with it

    attempt.stop = stop
    if attempt.claimed:  # broken off before it had begun
        task.cancel()
