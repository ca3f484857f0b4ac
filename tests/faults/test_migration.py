"""A migration of the file that is cut short is done by the next who opens it, wholly and once."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from repertory.actors import ActorSystem
from repertory.persistence import migrations, sqlite_open
from repertory.persistence.models import SCHEMA_VERSION
from repertory.persistence.sqlite import SqliteStore
from repertory.persistence.verification import verify

from .recording import Platter, Recording, play, put
from .scenario import Draft
from .vfs import watched_by

WORKFLOWS = 30


def mark_all(connection: sqlite3.Connection) -> None:
    """Stand for a migration: change the table and each of its rows; fails if that was done."""
    connection.execute("ALTER TABLE workflows ADD COLUMN touched INTEGER NOT NULL DEFAULT 0")
    connection.execute("UPDATE workflows SET touched = touched + 1")


def test_a_migration_that_is_cut_short_anywhere_is_done_once(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ActorSystem(file) as system:
        for n in range(WORKFLOWS):
            system.start(Draft, id=f"draft-{n}")
    before = {str(file): file.read_bytes()}
    newest = SCHEMA_VERSION + 1
    known = (*migrations.MIGRATIONS, mark_all)
    monkeypatch.setattr(sqlite_open, "SCHEMA_VERSION", newest)
    monkeypatch.setattr(
        sqlite_open, "migrate", lambda c, found: migrations.migrate(c, found, known)
    )
    recording = Recording()
    with watched_by(recording):
        SqliteStore(file).close()

    def reached(point: int, platter: Platter) -> None:
        for loss in (None, random.Random(point).choice([1.0, 0.7, 0.3])):
            place = put(
                platter.process_killed()
                if loss is None
                else platter.power_cut(random.Random(point), loss),
                tmp_path / "cut",
            )
            store = SqliteStore(place / "store.db", synchronous="OFF")
            assert list(verify(store)) == []
            assert len(store.list(limit=1000)) == WORKFLOWS
            store.close()
            with closing(sqlite3.connect(place / "store.db")) as db:
                assert db.execute("PRAGMA user_version").fetchone() == (newest,)
                assert set(db.execute("SELECT touched FROM workflows")) == {(1,)}
            shutil.rmtree(place)

    play(recording, reached, Platter(before))
    assert len(recording.changes) > 10
