"""What differs between a workflow at one step and at another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from .history import HistoryEntry


class Change(msgspec.Struct, frozen=True):
    """One difference in a context.

    Attributes:
        path: where, such as `items[2].price`; "" is the whole.
        what: whether it is there only after, only before, or is another.
        before: the value before, as plain JSON; None when it was not there.
        after: likewise, after.
    """

    path: str
    what: Literal["added", "removed", "changed"]
    before: Any = None
    after: Any = None

    def __str__(self) -> str:
        if self.what == "added":
            return f"{self.path}: {self.after!r} added"
        if self.what == "removed":
            return f"{self.path}: {self.before!r} removed"
        return f"{self.path}: {self.before!r} -> {self.after!r}"


class Difference(msgspec.Struct, frozen=True):
    """What differs between a workflow after one step and after another.

    Attributes:
        before: the sequence of the one step.
        after: that of the other, which may also be the earlier one.
        left: ids of the states that were active only before, outer before inner.
        entered: ids of those active only after.
        context: what differs in the context, in the order of its fields.

    Example:
        >>> for change in order.diff(3, 7).context:      # doctest: +SKIP
        ...     print(change)
        received: 0 -> 30
    """

    before: int
    after: int
    left: tuple[str, ...]
    entered: tuple[str, ...]
    context: tuple[Change, ...]

    def __bool__(self) -> bool:
        """Tell whether anything differs."""
        return bool(self.left or self.entered or self.context)


def compare(before: HistoryEntry, after: HistoryEntry) -> Difference:
    """Return what differs between two entries of a workflow's history."""
    return Difference(
        before=before.sequence,
        after=after.sequence,
        left=tuple(state for state in before.target if state not in after.target),
        entered=tuple(state for state in after.target if state not in before.target),
        context=tuple(changes(before.context, after.context)),
    )


def changes(before: Any, after: Any, path: str = "") -> Iterator[Change]:
    """Yield the differences between two values of plain JSON, as small as they can be."""
    if type(before) is dict and type(after) is dict:
        for key in {**before, **after}:
            place = _at_key(path, key)
            if key not in after:
                yield Change(place, "removed", before=before[key])
            elif key not in before:
                yield Change(place, "added", after=after[key])
            else:
                yield from changes(before[key], after[key], place)
    elif type(before) is list and type(after) is list:
        yield from _in_list(before, after, path)
    elif msgspec.json.encode(before) != msgspec.json.encode(after):  # to Python, True equals 1
        yield Change(path, "changed", before, after)


def _in_list(before: list[Any], after: list[Any], path: str) -> Iterator[Change]:
    """Yield what differs between the ends that two lists have in common."""
    most = min(len(before), len(after))
    start = 0
    while start < most and _same(before[start], after[start]):
        start += 1
    end = 0
    if len(before) != len(after):  # else each is compared with the one in its own place
        while end < most - start and _same(before[-1 - end], after[-1 - end]):
            end += 1
    for index in range(start, most - end):
        yield from changes(before[index], after[index], f"{path}[{index}]")
    for index in range(most - end, len(before) - end):
        yield Change(f"{path}[{index}]", "removed", before=before[index])
    for index in range(most - end, len(after) - end):
        yield Change(f"{path}[{index}]", "added", after=after[index])


def _same(before: Any, after: Any) -> bool:
    return next(changes(before, after), None) is None


def _at_key(path: str, key: str) -> str:
    if not key.isidentifier():
        return f"{path}[{msgspec.json.encode(key).decode()}]"
    return f"{path}.{key}" if path else key
