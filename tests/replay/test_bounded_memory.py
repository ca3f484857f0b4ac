"""A replay in little memory leaves the same in the store as one in much."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from repertory.actors import ActorSystem, Retention
from repertory.actors.cli.eventlog import read_log
from repertory.actors.cli.replay import Replay


def replayed(workflow: Any, log: Path, max_active: int | None) -> tuple[Any, int]:
    """Replay the log; return all that is in the store but times, and how many cases left memory."""
    keep_all = Retention(count=None, days=None)
    with ActorSystem(retention=keep_all, passivate_after=None, max_active=max_active) as system:
        Replay(system, workflow, at_end="close").run(read_log(log))
        store = system._services.store
        stored = {
            record.id: (
                record.configuration,
                record.finished,
                [
                    (
                        (e.sequence, e.kind, e.event, e.data, e.key, e.source, e.target),
                        (e.history, e.context, e.result, e.error),
                    )
                    for e in store.entries(record.number)
                ],
            )
            for record in store.all()
        }
        assert system.verify() == []
        return stored, system.statistics.passivated


def test_a_replay_with_fifty_cases_in_memory_gives_the_same(permits: Any, permit_log: Path) -> None:
    all_of_them, _ = replayed(permits.PermitApplication, permit_log, None)
    fifty, left = replayed(permits.PermitApplication, permit_log, 50)
    assert len(all_of_them) == 1434
    assert fifty == all_of_them
    assert left > 1384
