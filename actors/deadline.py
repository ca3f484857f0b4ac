"""When something is due, given as a time from now or as a time of day."""

from __future__ import annotations

from datetime import UTC, datetime

from .charts import Span, microseconds
from .position import microseconds_of

_LAST = microseconds_of(datetime.max.replace(tzinfo=UTC))


def deadline(now: int, after: Span | None, at: datetime | None) -> int:
    """Return when something is due; UTC, in microseconds since 1970.

    Arguments:
        now: the time, likewise.
        after: how long from now; or
        at: when, with its time zone. What is past is due at once.

    Raises:
        ValueError: both are given or none, or one of them can't be.
        TypeError: one of them is no time.
    """
    if (after is None) == (at is None):
        raise ValueError("Give one of `after` and `at`: how long from now, or when.")
    if after is not None:
        due = now + microseconds(after, "`after`")
        if due > _LAST:
            raise ValueError(f"`after` is {after!r}, which ends after the year 9999.")
        return due
    if not isinstance(at, datetime):
        raise TypeError(f"`at` is {at!r}; give a datetime with a time zone.")
    if at.tzinfo is None or at.utcoffset() is None:
        raise ValueError(f"`at` is {at!r}, without a time zone; give one, such as tzinfo=UTC.")
    return max(1, microseconds_of(at))
