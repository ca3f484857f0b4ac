"""What the store is told of activities between their first step and their last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...persistence.errors import StoreError
from ..answer import ask
from ..messages import Bury, Postpone, Write
from ..services import Services
from .attempt import Work

AGAIN = 1.0
"""Seconds until what could not be written is written again."""


class Ledger:
    """Writes how far activities are; what the disk refuses, it writes again until it is taken."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._postponed: list[tuple[int, int, int, bytes | None]] = []

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

    def save(self, works: Sequence[Work]) -> None:
        """Write down how far these are. Should that fail, the next time will do."""
        rows = [(w.message.id, w.message.due, w.message.attempt, w.course.encode()) for w in works]
        store = self._services.store
        ask(self._services.persistence, Write(lambda: store.postpone_all(rows)))

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
