"""Timers of a process that is killed: each fires once, never early, and none is lost."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from repertory.actors import ActorSystem
from repertory.actors.cli.definition import load_definition

WORKER = Path(__file__).parent / "timer_worker.py"
ROUNDS = 6


def worker(file: Path, point: str, when: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(WORKER), str(file), point, when]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )


@pytest.fixture(scope="module")
def ticking() -> Any:
    return load_definition(f"{WORKER}:Ticking")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("point", ["set", "cancel", "fire"])
def test_a_process_killed_about_a_commit_leaves_a_timer_or_none_and_never_half_of_one(
    tmp_path: Path, ticking: Any, point: str, when: str
) -> None:
    file = tmp_path / "store.db"
    with worker(file, point, when) as process:
        assert process.wait(120) == -signal.SIGKILL
    pending = {"set": when == "after", "cancel": when == "before", "fire": False}[point]
    with ActorSystem(file) as system:
        ref = system.get("w")
        if point == "fire":  # it is long due, and this system has fired it if the other has not
            context = ref.wait_for(lambda s: s.context.due, timeout=60).context
            system.settle()
            assert len(ref.context.due) == 1
            assert context.at[0] >= context.due[0]
        system.settle()
        assert [timer.name for timer in ref.timers()] == ["tick"] * pending
        assert system.verify() == []


def test_a_beat_survives_kills_at_any_moment_without_a_gap_or_a_double(
    tmp_path: Path, ticking: Any
) -> None:
    file, chance = tmp_path / "store.db", random.Random(0)
    for number in range(ROUNDS):
        with worker(file, "none", "again" if number else "new") as process:
            assert process.stdout is not None
            for _ in range(chance.randint(1, 40)):
                assert process.stdout.readline() == "tick\n"
            process.kill()
    with ActorSystem(file) as system:
        for number in range(5):
            ref = system.get(f"w{number}")
            ref.ask("forget")
            due, at = ref.context.due, ref.context.at
            assert len(due) > ROUNDS
            beat = 4_000
            assert due == list(range(due[0], due[0] + len(due) * beat, beat))
            assert all(moment >= wanted for moment, wanted in zip(at, due, strict=True))
        assert system.verify() == []
