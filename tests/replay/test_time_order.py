"""Merging the cases of a log by time."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repertory.actors.cli.eventlog import LogEvent, in_time_order, read_log

START = datetime(2024, 1, 1, tzinfo=UTC)


def event(row: int, case: str, second: int | None) -> LogEvent:
    when = None if second is None else START + timedelta(seconds=second)
    return LogEvent(row, case, "Do", when, {"n": 2**63 - 1, "x": 0.5, "y": True, "z": None})


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), max_size=40),
    st.sampled_from([1, 3, 1000]),
)
def test_it_is_a_stable_sort_whatever_fits_in_memory(
    rows: list[tuple[str, int]], in_memory: int
) -> None:
    events = [event(row, case, second) for row, (case, second) in enumerate(rows, 1)]
    assert list(in_time_order(events, in_memory=in_memory)) == sorted(
        events, key=lambda e: e.timestamp or START
    )


@pytest.mark.parametrize("in_memory", [1, 2, 100])
def test_an_event_without_a_time_stays_behind_the_one_before_it(in_memory: int) -> None:
    seconds: list[tuple[str, int | None]] = [("a", 5), ("a", None), ("a", 9), ("b", None), ("b", 6)]
    events = [event(row, case, second) for row, (case, second) in enumerate(seconds, 1)]
    assert [e.row for e in in_time_order(events, in_memory=in_memory)] == [4, 1, 2, 5, 3]


def test_the_real_log_grouped_by_case_comes_back_as_it_was(permit_log: Path) -> None:
    events = list(read_log(permit_log))
    by_case = sorted(events, key=lambda e: (e.case, e.row))
    merged = list(in_time_order(by_case, in_memory=1000))
    assert len(merged) == len(events)
    assert all(a.timestamp <= b.timestamp for a, b in itertools.pairwise(merged))
    times = [e.timestamp for e in events]
    alone = [e for e in events if times.count(e.timestamp) == 1][:500]
    assert [e for e in merged if e in alone] == alone
