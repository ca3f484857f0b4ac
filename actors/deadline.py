"""When something is due, given as a time from now or as a time of day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LAST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND

Span = float | timedelta
"""A length of time: seconds, or a `timedelta`."""


def microseconds(span: Span, what: str) -> int:
    """Return a length of time in whole microseconds, and none too few.

    Arguments:
        span: the length of time.
        what: what it is, for the error.

    Raises:
        ValueError: it is less than nothing, or no number.
        TypeError: it is no length of time.
    """
    if isinstance(span, timedelta):
        length = span // _MICROSECOND
    elif isinstance(span, int | float) and not isinstance(span, bool):
        if not abs(span) <= _LAST / 1e6:
            raise ValueError(f"{what} is {span!r} seconds; give seconds that can be counted.")
        length = round(span * 1e6)
    else:
        raise TypeError(f"{what} is {span!r}; give seconds, or a timedelta.")
    if length < 0:
        raise ValueError(f"{what} is {span!r}, which is past; give 0 for at once, or more.")
    return length


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
    return max(1, (at - _EPOCH) // _MICROSECOND)
