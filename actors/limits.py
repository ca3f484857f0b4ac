"""How much of a system may be in memory, and how much may wait."""

from __future__ import annotations

from typing import Literal

import msgspec

WhenFull = Literal["wait", "refuse"]
"""What becomes of a sender for whom there is no room: it waits, or gets `MailboxFull`."""


OnStoreError = Literal["continue", "stop"]
"""What becomes of a system whose store could not write: it goes on, or it stops."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The bounds that a system keeps; see `ActorSystem` for what each of them does.

    Attributes:
        passivate_after: seconds without a message after which a workflow leaves memory.
        max_active: workflows in memory, beyond which the least recently used leave.
        max_memory: bytes that they may take, by estimate, beyond which likewise.
        max_activating: workflows that senders may be bringing into memory at the same time.
        mailbox_limit: events that may wait for one workflow.
        unwritten_limit: steps that may wait for the disk, of all workflows together.
        when_full: what becomes of who sends more.
        max_activities: activities that run at once; 0: none is run.
        activity_grace: seconds that activities have to end when the system closes.
    """

    passivate_after: float | None = 300.0
    max_active: int | None = None
    max_memory: int | None = None
    max_activating: int = 256
    mailbox_limit: int = 10_000
    unwritten_limit: int = 10_000
    when_full: WhenFull = "wait"
    max_activities: int = 100
    activity_grace: float = 5.0

    def __post_init__(self) -> None:
        for name in ("max_active", "max_memory", "max_activating", "mailbox_limit"):
            _at_least_one(name, getattr(self, name))
        _at_least_one("unwritten_limit", self.unwritten_limit)
        if self.passivate_after is not None and self.passivate_after <= 0:
            raise ValueError(
                f"passivate_after is {self.passivate_after!r}; it is a number of seconds above 0, "
                f"or None for never."
            )
        for name in ("max_activities", "activity_grace"):
            if not (value := getattr(self, name)) >= 0:
                raise ValueError(f"{name} is {value!r}; it is 0 or more.")
        if self.when_full not in ("wait", "refuse"):
            raise ValueError(f'when_full is {self.when_full!r}; it is "wait" or "refuse".')

    @property
    def passivates(self) -> bool:
        """Whether workflows leave memory by themselves at all."""
        return not (self.passivate_after is self.max_active is self.max_memory is None)


def _at_least_one(name: str, value: int | None) -> None:
    if value is not None and value < 1:
        raise ValueError(f"{name} is {value!r}; it is 1 or more.")
