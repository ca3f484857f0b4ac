"""Where a system's time went, as far as writing is concerned."""

from __future__ import annotations

import msgspec


class Statistics(msgspec.Struct):
    """Counted by the persistence actor since the system was opened.

    Attributes:
        steps: steps written.
        commits: transactions in which they were written.
        largest: most steps in one transaction.
        writing: seconds spent in those transactions.
        failed: steps that could not be written.
    """

    steps: int = 0
    commits: int = 0
    largest: int = 0
    writing: float = 0.0
    failed: int = 0

    def committed(self, steps: int, failed: int, seconds: float) -> None:
        """Count one transaction."""
        self.commits += 1
        self.steps += steps - failed
        self.failed += failed
        self.writing += seconds
        self.largest = max(self.largest, steps)
