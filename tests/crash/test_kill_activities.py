"""Activities survive `kill -9`: each effect at least once, each result in the workflow once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

from repertory.actors import ActorSystem

from .outside_worker import STEPS, WORKFLOWS, Errand, under_way

ROUNDS = max(1, int(os.environ.get("REPERTORY_CRASH_ROUNDS", "50")) // 5)


def run_and_kill(store: Path, effects: Path, round_number: int, results: int) -> None:
    """Run a worker, and kill it once it has told of so many results, or of the end."""
    worker = subprocess.Popen(
        [
            sys.executable,
            Path(__file__).with_name("outside_worker.py"),
            store,
            effects,
            str(round_number),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout and worker.stderr and worker.stdin
    for number, line in enumerate(worker.stdout, 1):
        if number == results or line == "over\n":
            worker.send_signal(signal.SIGKILL)
    errors = worker.stderr.read()
    for pipe in (worker.stdin, worker.stdout, worker.stderr):
        pipe.close()
    assert worker.wait() == -signal.SIGKILL, errors


def test_each_effect_happens_and_each_result_is_taken_once_whatever_is_killed(
    tmp_path: Path,
) -> None:
    store, effects = tmp_path / "store.db", tmp_path / "effects"
    choose = random.Random(2026)
    for round_number in range(ROUNDS):
        run_and_kill(store, effects, round_number, choose.randrange(1, WORKFLOWS * STEPS))
        with ActorSystem(store, max_activities=0) as system:
            assert system.verify() == []
            took = [
                (record.id, step.data["activity"])
                for record in system.list(Errand, limit=10_000)
                for step in system.get(record.id).history()
                if step.event == "done"
            ]
        assert [what for what, times in Counter(took).items() if times > 1] == []
    with ActorSystem(store) as system:
        system.settle()
        while under_way(system):
            system.settle()
        assert system.verify() == [] and system.messages() == [] == system.activities()
        started, done, finished = [], [], 0
        for record in system.list(Errand, limit=10_000):
            context = system.get(record.id).context
            started += context.started
            done += context.done
            finished += record.finished
    assert sorted(done) == sorted(one.split()[0] for one in started), "each result, and once"
    happened = Counter(line for line in effects.read_text().splitlines())
    assert {*started} - {*happened} == set(), "each effect, under the key of its start"
    keys = {line.split()[1] for line in happened}
    assert len(keys) == len(started) + finished, "and under no other key"
