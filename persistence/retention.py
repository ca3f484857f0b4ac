"""Which history is past retention: decided here for every store, purely."""

from __future__ import annotations

from collections.abc import Iterable

from .records import Retention

_MICROSECONDS_PER_DAY = 86_400_000_000


def oldest_allowed(retention: Retention, now: int) -> int | None:
    """Return the time before which entries are past retention, or None for never.

    Arguments:
        retention: what is to be kept.
        now: UTC, in microseconds since 1970.
    """
    if retention.days is None:
        return None
    return int(now - retention.days * _MICROSECONDS_PER_DAY)


def cut(
    first: int, last: int, times: Iterable[tuple[int, int]], since: int | None, count: int | None
) -> int:
    """Return the sequence up to which entries go; `first - 1` when all stay.

    The last entry always stays: it tells how the workflow came to where it is.

    Arguments:
        first: the oldest sequence that is kept now.
        last: the last sequence.
        times: sequence and time of each entry kept, oldest first; read no further than needed.
        since: entries from before this time go, as far as nothing younger precedes them.
        count: how many entries are kept, or None for all.
    """
    upto = first - 1
    if count is not None:
        upto = max(upto, last - count)
    if since is not None:
        for sequence, at in times:
            if sequence <= upto:
                continue
            if at >= since:
                break
            upto = sequence
    return min(upto, last - 1)
