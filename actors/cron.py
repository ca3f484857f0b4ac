"""The times of a cron expression, in any time zone."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAY = 86_400


def zone(name: str) -> tzinfo:
    """Return a time zone by its name.

    Raises:
        ValueError: there is none of this name.
    """
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"There is no time zone {name!r}; give one such as 'Europe/Paris' (where the system "
            f"has no time zones, install tzdata)."
        ) from error


def times(expression: str, since: datetime) -> Iterator[datetime]:
    """Yield the times of a cron expression after some time, in the time zone of that.

    Raises:
        ValueError: it is no cron expression.
        ModuleNotFoundError: the library for it is not installed.
    """
    if any(field.startswith("*") for field in expression.split()[:2]):
        return _by_the_clock_on_the_wall(expression, since)
    return _parsed(expression, since)


def _by_the_clock_on_the_wall(expression: str, since: datetime) -> Iterator[datetime]:
    """Yield each time at which a clock on the wall shows what is asked, as often as it does.

    The library goes from hour to hour, and loses its way where the clock is set by half of one: it
    is asked for each stretch of time between two settings by itself.
    """
    zone, offset = since.tzinfo, since.utcoffset()
    assert offset is not None
    while True:
        for moment in _parsed(expression, since.astimezone(timezone(offset))):
            if (second := _first_setting(since, moment, zone)) is not None:
                offset = datetime.fromtimestamp(second, zone).utcoffset() or timedelta()
                # What is asked for comes after what is given; that second itself may be meant.
                since = datetime.fromtimestamp(second - 1, zone)
                break
            since = moment.astimezone(zone)
            yield since
        else:
            return


def _first_setting(since: datetime, until: datetime, zone: tzinfo | None) -> int | None:
    """Return the first second after one time, up to another, at which a zone is not as that."""
    offset = until.utcoffset()

    def is_other(second: int) -> bool:
        return datetime.fromtimestamp(second, zone).utcoffset() != offset

    last = int(until.timestamp())
    for first in range(int(since.timestamp()) + 1, last + 1, _DAY):
        day = range(first, min(first + _DAY, last + 1))
        if is_other(day[-1]):
            return day[bisect_left(day, True, key=is_other)]
    return None


def _parsed(expression: str, since: datetime) -> Iterator[datetime]:
    try:
        from cronsim import CronSim, CronSimError
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "Cron expressions need the library cronsim: pip install 'repertory[cron]'."
        ) from error
    try:
        return CronSim(expression, since)
    except CronSimError as error:
        raise ValueError(f"{expression!r} is no cron expression: {error}.") from error
