"""Limits and rates, against a plain reading of what they mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from repertory.actors.activities.limits import Gate, Rate


@given(st.integers(1, 5), st.integers(1, 10), st.lists(st.integers(0, 10), max_size=60))
def test_no_stretch_of_time_has_more_starts_than_the_rate(
    count: int, seconds: int, gaps: list[int]
) -> None:
    gate, now, starts = Gate(rate=Rate(count, seconds)), 0.0, list[float]()
    for gap in gaps:
        now += gap
        wait = gate.wait(now)
        assert 0 <= wait <= seconds
        now += wait
        assert gate.wait(now) == 0
        gate.start(now)
        starts.append(now)
        recent = [at for at in starts if at > now - seconds]
        assert len(recent) <= count
        if wait:  # no longer than it must
            assert len([at for at in starts[:-1] if at >= now - seconds]) >= count


@given(st.integers(1, 5), st.lists(st.booleans(), max_size=50))
def test_no_more_run_at_once_than_the_limit(limit: int, moves: list[bool]) -> None:
    gate = Gate(limit)
    for start in moves:
        if start and not gate.full:
            gate.start(0.0)
        elif not start and gate.running:
            gate.end()
        assert gate.full == (gate.running == limit) and gate.running <= limit


@pytest.mark.parametrize(
    ("text", "count", "seconds"),
    [
        ("5/s", 5, 1),
        ("100/m", 100, 60),
        ("3/10s", 3, 10),
        ("1000/h", 1000, 3600),
        ("1/.5s", 1, 0.5),
    ],
)
def test_rates_are_written_as_people_say_them(text: str, count: int, seconds: float) -> None:
    assert Rate.parse(text) == Rate(count, seconds)


@pytest.mark.parametrize("text", ["", "5", "5/", "/s", "0/s", "5/0s", "-1/s", "5/year", "5 per s"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no rate"):
        Rate.parse(text)
