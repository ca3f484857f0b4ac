"""A replay that is killed with SIGKILL: run again, each row has taken effect exactly once."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import resource
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from repertory.actors import ActorSystem
from repertory.actors.cli.eventlog import LogEvent, read_log
from repertory.actors.cli.replay import row_key
from repertory.actors.results import HistoryEntry

DEADLY = Path(__file__).parent / "deadly.py"
EXAMPLES = Path(__file__).parents[2] / "examples"
ROWS, CASES = 1500, 120


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log in which some rows are not allowed, and some are no events at all."""
    chance = random.Random(7)
    activities = ["Load", "Unload", "Scan", "Scan", "Scan", "Wave"]
    rows = [
        f"parcel-{chance.randrange(CASES)},{chance.choice(activities)},2024-01-01,m{number}"
        for number in range(ROWS)
    ]
    path = tmp_path_factory.mktemp("log") / "parcels.csv"
    path.write_text("\n".join(["case,activity,timestamp,mark", *rows]) + "\n")
    return path


def replay(
    log: Path, store: Path, kill_at: int = 0, room: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Replay in a process of its own.

    Arguments:
        log: what to replay.
        store: into which store.
        kill_at: the transition at which it kills itself; 0 for none.
        room: how many bytes it may write to a file, as on a disk that is nearly full.
    """
    command = [sys.executable, "-m", "repertory.actors.cli", "replay", str(DEADLY), str(log)]
    command += ["--store", str(store), "--at-end", "deliver", "--json"]
    return subprocess.run(
        command,
        env={**os.environ, "KILL_AT": str(kill_at)},
        preexec_fn=None
        if room is None
        else lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
        capture_output=True,
        text=True,
        timeout=60,
    )


def histories(store: Path) -> dict[str, list[HistoryEntry]]:
    with ActorSystem(store, read_only=True) as system:
        assert list(system.verify()) == []
        return {r.id: system.get(r.id).history() for r in system.list(limit=10_000)}


def rows_by_case(log: Path) -> dict[str, list[LogEvent]]:
    found: dict[str, list[LogEvent]] = defaultdict(list)
    for event in read_log(log):
        found[event.case].append(event)
    return found


def transitions(log: Path) -> int:
    """How many rows of the log move a parcel, before any is delivered at the end."""
    moves = {("depot", "Load"): "van", ("van", "Unload"): "depot"}
    taken, stands = 0, defaultdict(lambda: "depot")
    for event in read_log(log):
        at = (stands[event.case], event.activity)
        taken += event.activity == "Scan" or at in moves
        stands[event.case] = moves.get(at, at[0])
    return taken


# Each number is a transition of one process; -10 is the tenth of the deliveries at the end.
@pytest.mark.parametrize("kills", [[1], [500], [1, 2, 300, 301], [-10, 3]], ids=str)
def test_killed_and_run_again_each_row_took_effect_exactly_once(
    log: Path, tmp_path: Path, kills: list[int]
) -> None:
    store = tmp_path / "parcels.db"
    for kill_at in kills:
        at = kill_at if kill_at > 0 else transitions(log) - kill_at
        assert replay(log, store, at).returncode == -signal.SIGKILL
        histories(store)  # sound after each kill
    last = replay(log, store)
    assert last.returncode == 0, last.stderr
    report = json.loads(last.stdout)
    assert report["earlier"] + report["sent"] == ROWS

    found, wanted = histories(store), rows_by_case(log)
    assert found.keys() == wanted.keys()
    for case, rows in wanted.items():
        # In the log's order, each once, and nothing besides but the ends of the case.
        keys = [entry.key for entry in found[case]]
        ends = keys[1 + len(rows) :]
        assert keys == [None, *map(row_key, rows), *ends]
        assert ends in ([], ["at-end-deliver"])
        taken = [e for e in found[case][1 : 1 + len(rows)] if e.kind == "step"]
        context = found[case][-1].context
        assert context["scans"] == Counter(e.event for e in taken)["scan"]
        assert context["rows"] == [e.data["mark"] for e in taken]


def test_out_of_room_it_stops_with_one_sentence_and_goes_on_when_there_is_room_again(
    log: Path, tmp_path: Path
) -> None:
    store = tmp_path / "parcels.db"
    failed = replay(log, store, room=400_000)
    assert failed.returncode == 1
    assert failed.stdout == ""
    assert failed.stderr.count("\n") == 1 and "parcels.db" in failed.stderr, failed.stderr
    kept = sum(len(history) - 1 for history in histories(store).values())
    report = json.loads(replay(log, store).stdout)
    assert (report["earlier"], report["kept"]) == (kept, ROWS)
    histories(store)


def test_killed_or_not_the_cases_come_to_the_same(log: Path, tmp_path: Path) -> None:
    def told(store: Path) -> Any:
        return {
            case: [(e.kind, e.event, e.key, e.target, e.context, e.error) for e in history]
            for case, history in histories(store).items()
        }

    killed, whole = tmp_path / "killed.db", tmp_path / "whole.db"
    assert replay(log, killed, kill_at=600).returncode == -signal.SIGKILL
    for store in (killed, whole):
        assert replay(log, store).returncode == 0
    assert told(killed) == told(whole)


def test_the_demo_proves_what_it_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The demo on the first rows of its log: one worker killed, another one to the end."""
    spec = importlib.util.spec_from_file_location("demo", EXAMPLES / "demo.py")
    assert spec is not None and spec.loader is not None
    demo = sys.modules["demo"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(demo)
    log = tmp_path / "permits.csv"
    rows = list(islice(read_log(EXAMPLES / "data" / "permits.csv.gz"), 2500))
    lines = [
        f"{r.timestamp:%Y-%m-%dT%H:%M:%S.%f},{r.case},{r.activity},"
        f"{r.data['resource'] or ''},{r.data['channel'] or ''}"
        for r in rows
    ]
    log.write_text("\n".join(["timestamp,case,activity,resource,channel", *lines]))

    assert demo.main(log, tmp_path / "output")
    shown = capsys.readouterr().out
    assert "SIGKILL" in shown
    assert "Each of the 2,500 rows took effect exactly once" in shown
    assert (tmp_path / "output" / "permits.svg").exists()

    # What it finds wrong it says: one row more than the store has.
    log.write_text(log.read_text() + "\n2020-01-01,case-891,T02,nobody,\n")
    assert not demo.Demo(demo.Console(), log, tmp_path / "output").prove()
    assert "WRONG" in capsys.readouterr().out
