"""Cron expressions against a clock on the wall that is looked at every minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from repertory.actors.cron import times

MINUTE = timedelta(minutes=1)

# Clocks are set by an hour in Paris and New York, at different times, and by half of one on Lord
# Howe, where it is the other half of the year.
SETTINGS = [
    ("Europe/Paris", "2026-03-29"),
    ("Europe/Paris", "2026-10-25"),
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("Australia/Lord_Howe", "2026-04-05"),
    ("Australia/Lord_Howe", "2026-10-04"),
]


def looked_at(minute: str, hour: str, since: datetime, until: datetime) -> list[datetime]:
    """Return when it is time, by looking: a minute that was leapt over comes at once, one that
    comes again is not one more; but where there is a star, all that counts is what is shown."""
    minutes, hours = _numbers(minute, 60), _numbers(hour, 24)
    anytime = "*" in (minute[0], hour[0])
    now = (since - timedelta(days=2)).astimezone(UTC)
    seen = now.astimezone(since.tzinfo).replace(tzinfo=None)
    found = []
    while (now := now + MINUTE) < until:
        shown = now.astimezone(since.tzinfo).replace(tzinfo=None)
        new = [shown]
        if not anytime:
            new = [seen + MINUTE * n for n in range(1, (shown - seen) // MINUTE + 1)]
        seen = max(seen, shown)
        if now > since and any(one.minute in minutes and one.hour in hours for one in new):
            found.append(now)
    return found


def _numbers(field: str, upto: int) -> set[int]:
    if field.startswith("*"):
        return {*range(0, upto, int(field[2:] or 1))}
    return {int(number) for number in field.split(",")}


def fields(upto: int, steps: list[int], among: int) -> st.SearchStrategy[str]:
    some = st.lists(st.integers(0, among - 1), min_size=1, max_size=3, unique=True)
    return st.one_of(
        st.sampled_from(["*", *(f"*/{step}" for step in steps)]),
        some.map(lambda numbers: ",".join(map(str, sorted(numbers)))),
    )


@pytest.mark.parametrize(("place", "day"), SETTINGS)
@given(
    minute=fields(60, [5, 7, 15, 20, 30], 60),
    hour=fields(24, [2, 3, 5, 6, 12], 5),
    before=st.integers(0, 36 * 60),
)
def test_it_is_time_when_the_clock_on_the_wall_says_so(
    place: str, day: str, minute: str, hour: str, before: int
) -> None:
    zone = ZoneInfo(place)
    middle = datetime.fromisoformat(f"{day}T06:00").replace(tzinfo=zone).astimezone(UTC)
    since = (middle - before * MINUTE).astimezone(zone)
    until = middle + timedelta(days=1)
    found = (one.astimezone(UTC) for one in times(f"{minute} {hour} * * *", since))
    # What comes a second time is left out by who asks: see `Recurrence`.
    said = [one for one in takewhile(lambda one: one < until, found) if one > since]
    assert said == looked_at(minute, hour, since, until)


@pytest.mark.parametrize(
    ("expression", "place", "since", "first"),
    [
        # An hour that comes again on the one day in the year that is asked for.
        ("* 2 25 10 *", "Europe/Paris", "2026-10-25T00:59+00:00", "2026-10-25T01:00+00:00"),
        ("* 2 25 10 *", "Europe/Paris", "2026-10-25T01:59+00:00", "2027-10-25T00:00+00:00"),
        ("*/7 3 29 2 *", "Australia/Lord_Howe", "2026-01-01T00:00+00:00", "2028-02-28T16:00+00:00"),
    ],
)
def test_years_may_lie_between(expression: str, place: str, since: str, first: str) -> None:
    begin = datetime.fromisoformat(since).astimezone(ZoneInfo(place))
    found = next(times(expression, begin)).astimezone(UTC)
    assert found == datetime.fromisoformat(first)
