"""What a store says of all its workflows together; whoever runs on it, or nobody."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import msgspec

from ..persistence.store import Store
from .innermost import Innermost
from .position import utc

MANY = 10_000
"""Messages that are counted; if there are more it is said so."""


class Overview(msgspec.Struct, frozen=True):
    """A store at one moment.

    Attributes:
        workflows: how many there are.
        states: how many stand in each state, written as `WorkflowRef.state` is.
        steps: steps that were ever written, those that are trimmed by now among them.
        waiting: messages from workflow to workflow that are due and not taken yet.
        more_waiting: whether there are more of them than were counted.
        oldest: when the oldest of these was sent, or None.
        dead: messages that can't be delivered.
    """

    workflows: int
    states: dict[str, int]
    steps: int
    waiting: int
    more_waiting: bool
    oldest: datetime | None
    dead: int


def overview(store: Store, now: int) -> Overview:
    """Count what is in a store.

    Args:
        store: the store.
        now: UTC, in microseconds since 1970; what is due later does not wait.
    """
    states: Counter[str] = Counter()
    with store.reading():
        innermost = Innermost(store)
        for (workflow, configuration), count in store.tally().items():
            states[innermost.of(workflow, configuration)] += count
        waiting = store.messages(by=now, limit=MANY + 1)
        dead = store.messages(dead=True, limit=MANY)
        _, steps = store.entry_range()
    return Overview(
        workflows=states.total(),
        states=dict(states.most_common()),
        steps=steps,
        waiting=min(len(waiting), MANY),
        more_waiting=len(waiting) > MANY,
        oldest=utc(min(message.at for message in waiting)) if waiting else None,
        dead=len(dead),
    )
