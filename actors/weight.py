"""What a workflow in memory takes of it, by estimate."""

from __future__ import annotations

from sys import getsizeof
from typing import Any

BASE = 5_000
"""Bytes that each one takes besides its context: actor, mailbox, chart, table entries."""

COPIES = 2
"""A context is there as plain data, from which steps are told apart, and as its class has it."""

_GROWN = 512


class Weight:
    """Follows what one workflow takes.

    Its context is measured when it comes into memory, and again when the changes since then
    add up to half of what it was. In between, a change counts for its length as JSON.

    Attributes:
        bytes: what it takes.
    """

    __slots__ = ("_added", "bytes")

    def __init__(self, context: Any) -> None:
        """Measure a context, given as plain JSON data."""
        self._measure(context)

    def _measure(self, context: Any) -> None:
        self._added = 0
        self.bytes = BASE + COPIES * deep_size(context)

    def change(self, length: int, context: Any) -> None:
        """Note that a context has changed.

        Arguments:
            length: of the change, as JSON.
            context: the whole of it now.
        """
        self._added += COPIES * length
        self.bytes += COPIES * length
        if self._added > _GROWN + (self.bytes - self._added) // 2:
            self._measure(context)


def deep_size(value: Any) -> int:
    """Return the bytes that plain JSON data takes; what is in it several times counts once."""
    size, seen, waiting = 0, set(), [value]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        size += getsizeof(one)
        if isinstance(one, dict):
            waiting += one.keys()
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return size
