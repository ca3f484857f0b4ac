"""Where a system's time went, as far as writing is concerned."""

from __future__ import annotations

import msgspec


class Statistics(msgspec.Struct):
    """Counted since the system was opened; `active` and `unwritten` are of the moment.

    Attributes:
        steps: steps written.
        commits: transactions in which they were written.
        largest: most steps in one transaction.
        writing: seconds spent in those transactions.
        failed: steps that could not be written.
        active: workflows that are in memory.
        activated: how often one came into memory, started or brought back.
        passivated: how often one left it.
        unwritten: what waits for the persistence actor, steps mostly.
    """

    steps: int = 0
    commits: int = 0
    largest: int = 0
    writing: float = 0.0
    failed: int = 0
    active: int = 0
    activated: int = 0
    passivated: int = 0
    unwritten: int = 0

    def committed(self, steps: int, failed: int, seconds: float) -> None:
        """Count one transaction."""
        self.commits += 1
        self.steps += steps - failed
        self.failed += failed
        self.writing += seconds
        if steps > self.largest:
            self.largest = steps
