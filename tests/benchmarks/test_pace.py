"""A sender's pace is that of every processor, wherever the scheduler would have put it."""

from __future__ import annotations

import os

import pytest

from benchmarks.durable import pace as module
from benchmarks.durable.pace import STAY, pace


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="nobody can choose here")
def test_the_sender_goes_round_the_processors_and_is_then_free_again() -> None:
    allowed = os.sched_getaffinity(0)
    seen: list[set[int]] = []
    pace(lambda: seen.append(os.sched_getaffinity(0)), 4 * STAY)
    assert all(len(where) == 1 for where in seen)
    assert set.union(*seen[: STAY * len(allowed)]) <= allowed
    assert len({frozenset(where) for where in seen}) == min(4, len(allowed))
    assert os.sched_getaffinity(0) == allowed


def test_a_processor_counts_as_much_as_another_and_its_stalls_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, on = 0.0, 0

    def move(processor: int) -> None:
        nonlocal on
        on = processor

    def send() -> None:
        nonlocal now
        now += 1 if on == 0 else 3
        if now > 350:
            now += 1000  # each of the last few

    monkeypatch.setattr(module, "perf_counter", lambda: now)
    monkeypatch.setattr(module, "_move_to", move)
    monkeypatch.setattr(module.os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    monkeypatch.setattr(module.os, "sched_setaffinity", lambda _, __: None, raising=False)
    figures = pace(send, 4 * STAY)
    assert (figures["rate"], figures["highest"], figures["lowest"]) == (1 / 2, 1, 1 / 3)
    assert figures["mean_rate"] < 1 / 2
