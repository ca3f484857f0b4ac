"""A length of time, as people give it."""

from __future__ import annotations

from datetime import timedelta

_MICROSECOND = timedelta(microseconds=1)
_LONGEST = 10_000 * 366 * 86_400

Span = float | timedelta
"""A length of time: seconds, or a `timedelta`."""


def microseconds(span: Span, what: str) -> int:
    """Return a length of time in whole microseconds.

    Args:
        span: The length of time.
        what: What it is, for the error.

    Raises:
        ValueError: It is less than nothing, or no number.
        TypeError: It is no length of time.
    """
    if isinstance(span, timedelta):
        length = span // _MICROSECOND
    elif isinstance(span, (int, float)) and not isinstance(span, bool):
        if not abs(span) <= _LONGEST:
            raise ValueError(f"{what} is {span!r} seconds; give seconds that can be counted.")
        length = round(span * 1e6)
    else:
        raise TypeError(f"{what} is {span!r}; give seconds, or a timedelta.")
    if length < 0:
        raise ValueError(f"{what} is {span!r}, which is past; give 0 for at once, or more.")
    return length


def spell(length: int) -> str:
    """Return so many microseconds as people write them: `90` seconds are `1 min 30 s`."""
    if length < 1_000_000:
        return f"{length / 1000:g} ms"
    seconds, rest = divmod(length, 1_000_000)
    parts = []
    for unit, name in ((86_400, "d"), (3600, "h"), (60, "min")):
        count, seconds = divmod(seconds, unit)
        if count:
            parts.append(f"{count} {name}")
    if seconds or rest or not parts:
        parts.append(f"{seconds + rest / 1e6:g} s")
    return " ".join(parts)
