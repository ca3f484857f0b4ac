"""Sagas survive `kill -9`: all steps hold, or all are compensated, each compensation once."""

from __future__ import annotations

import os
import random
from collections import defaultdict
from pathlib import Path

from repertory.actors import ActorSystem

from .kill import run_and_kill
from .saga_worker import NAMES, SAGAS, Errands, under_way

ROUNDS = int(os.environ.get("REPERTORY_CRASH_ROUNDS", "50")) // 5


def test_all_steps_hold_or_all_are_compensated_once_whatever_is_killed(tmp_path: Path) -> None:
    store, program = tmp_path / "store.db", Path(__file__).with_name("saga_worker.py")
    choose = random.Random(2026)
    for round_number in range(ROUNDS):
        run_and_kill(program, store, round_number, choose.randrange(1, SAGAS * 2 * len(NAMES)))
    with ActorSystem(store) as system:
        system.settle()
        while under_way(system):
            system.settle()
        assert system.verify() == [] and system.messages() == [] == system.activities()
        ended = {record.id: system.get(record.id) for record in system.list(Errands, limit=10_000)}
        states = {id: ref.state for id, ref in ended.items()}
        undone = {id: ref.context.undone for id, ref in ended.items()}
    assert {*states.values()} == {"completed", "compensated"}, "both have happened"

    outside: dict[str, list[list[str]]] = defaultdict(list)
    for line in (tmp_path / "effects").read_text().splitlines():
        what, saga, *rest = line.split()
        outside[saga].append([what, *rest])
    for saga, state in states.items():
        done = {(name, key) for what, name, key, _ in outside[saga] if what == "do"}
        compensated = {(name, key, by) for what, name, key, by in outside[saga] if what == "undo"}
        order = [what for what, *_ in outside[saga]]
        assert order == sorted(order), "nothing is done once undoing has begun"
        assert len({name for name, _ in done}) == len(done), "each step under one key"
        if state == "completed":
            assert ({name for name, _ in done}, compensated) == ({*NAMES}, set())
        else:
            assert done <= {(name, key) for name, key, _ in compensated}, "all that was done"
            assert len(compensated) == len(undone[saga]) == len({*undone[saga]}), "each once"
            back = [name for what, name, *_ in outside[saga] if what == "undo"]
            assert [*dict.fromkeys(back)] == undone[saga], "the last one first"
            assert undone[saga] == [n for n in reversed(NAMES) if n in undone[saga]]
