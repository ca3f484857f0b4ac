"""What was acknowledged survives `kill -9`, and nothing takes effect twice."""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path

from repertory.actors import ActorSystem

from .kill import run_and_kill
from .worker import Account

WORKER = Path(__file__).with_name("worker.py")

ON_ONE_STORE = 25
"""Kills that one store has to stand; all of it is verified after each."""

ROUNDS = int(os.environ.get("REPERTORY_CRASH_ROUNDS", "50"))


def test_what_was_acknowledged_is_there_once_after_each_of_many_kills(tmp_path: Path) -> None:
    acknowledged: set[str] = set()
    kept_before = total = 0
    choose = random.Random(2026)
    for round_number in range(ROUNDS):
        path = tmp_path / f"store-{round_number // ON_ONE_STORE}.db"
        if round_number % ON_ONE_STORE == 0:
            total += len(acknowledged)
            acknowledged, kept_before = set(), 0
        acknowledged.update(run_and_kill(WORKER, path, round_number, choose.randrange(1, 120)))
        with ActorSystem(path) as system:
            assert system.verify() == []
            system.settle()  # what was on its way from one account to another has arrived
            assert system.messages() == system.messages(dead=True) == []
            kept, sent, received, balance = [], [], [], 0
            for record in system.list(Account):
                context = system.get(record.id).context
                kept += [f"{record.id} {key}" for key in context.keys]
                sent += context.sent
                received += context.received
                balance += context.balance
            assert balance == len(kept) - len(sent), "no money is made, none is lost"
            assert sorted(sent) == sorted(received), "each transfer arrives, and once"
        assert [key for key, times in Counter(kept).items() if times > 1] == []
        assert acknowledged - set(kept) == set()
        assert len(kept) >= kept_before
        kept_before = len(kept)
    assert total + len(acknowledged) > ROUNDS
