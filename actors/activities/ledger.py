"""What the store is told of activities between their first step and their last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from ...persistence.errors import StoreError
from ..answer import ask
from ..messages import Bury, Postpone, Write
from ..runtime import PooledFuture
from ..services import Services
from .attempt import Attempt, Work

AGAIN = 1.0
"""Seconds until what could not be written is written again."""


class Ledger:
    """Writes how far activities are; what the disk refuses, it writes again until it is taken."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._postponed: list[tuple[int, int, int, bytes | None]] = []

    def begin(
        self, attempts: Sequence[Attempt], written: Callable[[Exception | None], Any]
    ) -> None:
        """Write down that attempts begin, before they do: one that ends the process counts too.

        Arguments:
            attempts: those.
            written: told when the next process would find it, or why it would not.
        """
        for attempt in attempts:
            work = attempt.work
            work.course = replace(work.course, began=attempt.began)
        rows = [_row(attempt.work) for attempt in attempts]
        store = self._services.store

        def done(future: PooledFuture[Any]) -> None:
            try:
                future.get(timeout=0)
            except Exception as error:
                written(error)
            else:
                written(None)

        # Not flushed: it is about the end of the process, and comes with each attempt.
        note = Write(lambda: store.postpone_all(rows, flush=False))
        ask(self._services.persistence, note).add_done_callback(done)

    def postpone(self, work: Work, due: int) -> None:
        """Have an activity wait for its next attempt; written with the next `flush`."""
        message = work.message
        self._postponed.append((message.id, due, message.attempt, work.course.encode()))

    def flush(self) -> None:
        """Write what was postponed, in one transaction: when a service is down, that is much."""
        if self._postponed:
            self._insist(Postpone(tuple(self._postponed)))
            self._postponed.clear()

    def bury(self, message: int, why: str) -> None:
        """Set an activity aside that can't be read."""
        self._insist(Bury(message, why))

    def give_up(self, work: Work, why: str) -> None:
        """Set an activity aside that is out of attempts, with how far it came."""
        self.save([work])
        self.bury(work.message.id, why)

    def save(self, works: Sequence[Work]) -> PooledFuture[Any]:
        """Write down how far these are. Should that fail, the next time will do."""
        rows = [_row(work) for work in works]
        store = self._services.store
        return ask(self._services.persistence, Write(lambda: store.postpone_all(rows)))

    def cut_off(self, works: Sequence[Work]) -> PooledFuture[Any]:
        """Write down that nothing runs of these: the orderly end of a system is no attempt."""
        for work in works:
            work.course = replace(work.course, began=None)
        return self.save(works)

    def _insist(self, message: Any) -> None:
        def written(future: Any) -> None:
            try:
                future.get(timeout=0)
            except StoreError:
                try:
                    self._services.runtime.clock.call_later(AGAIN, self._insist, message)
                except RuntimeError:
                    pass  # the clock has stopped; the next system runs it again
            except Exception:
                pass  # likewise: the persistence actor has

        ask(self._services.persistence, message).add_done_callback(written)


def _row(work: Work) -> tuple[int, int, int, bytes | None]:
    message = work.message
    return message.id, message.due, message.attempt, work.course.encode()
