"""What the crash tests stand on: that what is recorded is what SQLite has done."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from repertory.persistence.sqlite import SqliteStore

from .recording import Platter, Recording, play
from .scenario import record
from .vfs import FULL, IOERR, Change, Disk, watched_by


class Refusing(Disk):
    """Refuses one kind of change."""

    def __init__(self, kind: str, code: int) -> None:
        self.kind, self.code = kind, code

    def change(self, change: Change) -> int:
        return self.code if change.kind == self.kind else 0


def test_what_was_recorded_makes_the_same_files_again(file: Path) -> None:
    recording = Recording()
    with watched_by(recording):
        record(file, recording.note)
        left = {str(path): path.read_bytes() for path in file.parent.iterdir()}
    platter = Platter()
    play(recording, lambda *_: None, platter)
    assert platter.process_killed() == left
    assert left.keys() == {str(file)}


def test_the_scenario_goes_through_what_is_to_be_proved(recording: Recording) -> None:
    kinds = {change.kind for change in recording.changes}
    assert kinds == {"create", "write", "truncate", "sync", "delete"}
    begun_anew = [c for c in recording.changes if c.path.endswith("-wal") and c.offset == 0]
    assert len([c for c in begun_anew if c.kind == "write"]) > 3, "the log is used again"
    moved = [n for n, c in enumerate(recording.changes) if c.path.endswith(".db")]
    assert any(n < len(recording.changes) // 2 for n in moved[2:]), "pages move in the middle"
    noted = {(what, about[0]) for _, (what, about) in recording.marks if what != "told"}
    assert {kind for what, kind in noted if what == "acknowledged"} == {
        *("id", "key", "ticks", "removal")
    }


@pytest.mark.parametrize(("synchronous", "flushes"), [("FULL", 1), ("EXTRA", 1), ("NORMAL", 0)])
def test_what_need_not_outlive_a_power_cut_is_not_flushed_and_what_comes_after_it_is(
    file: Path, synchronous: str, flushes: int
) -> None:
    recording = Recording()

    def flushed() -> int:
        return sum(change.kind == "sync" for change in recording.changes)

    with watched_by(recording), closing(SqliteStore(file, synchronous=synchronous)) as store:
        store.move_cursor("first", 1)
        before, written = flushed(), len(recording.changes)
        store.postpone_all([(1, 1, 1, None)], flush=False)
        store.postpone_all([(2, 1, 1, None)], flush=False)
        assert flushed() == before
        store.move_cursor("second", 1)
        assert flushed() == before + flushes
        assert len(recording.changes) > written


@pytest.mark.parametrize(
    ("kind", "code", "said"), [("write", FULL, "full"), ("sync", IOERR, "I/O error")]
)
def test_a_disk_can_refuse_a_change(file: Path, kind: str, code: int, said: str) -> None:
    with (
        watched_by(Refusing(kind, code)),
        closing(sqlite3.connect(file)) as connection,
        pytest.raises(sqlite3.OperationalError, match=said),
    ):
        connection.execute("CREATE TABLE t (a)")


def test_nothing_is_seen_of_what_is_opened_when_nobody_watches(file: Path) -> None:
    recording = Recording()
    with watched_by(recording):
        pass
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE t (a)")
    assert recording.changes == []
