"""Opening a store: what is refused, how it says so, and what is migrated."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from repertory.persistence import migrations, sqlite_open
from repertory.persistence.errors import (
    NotAStore,
    StoreDamaged,
    StoreError,
    StoreTooNew,
)
from repertory.persistence.models import APPLICATION_ID, SCHEMA_VERSION
from repertory.persistence.sqlite import SqliteStore
from repertory.persistence.verification import verify


def test_a_new_store_is_made_with_its_directories_and_is_ours(tmp_path):
    path = tmp_path / "a" / "b" / "orders.db"
    SqliteStore(path).close()
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()
    assert [p.name for p in path.parent.iterdir()] == ["orders.db"]


@pytest.mark.parametrize(("given", "level"), [({}, 2), ({"synchronous": "normal"}, 1)])
def test_commits_are_flushed_to_the_disk_unless_told_otherwise(path, given, level):
    store = SqliteStore(path, **given)
    with store._writing().transaction() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (level,)
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
    store.close()


def test_an_unknown_synchronous_is_refused(path):
    with pytest.raises(ValueError, match="synchronous is 'full; DROP'"):
        SqliteStore(path, synchronous="full; DROP")
    assert not path.exists()


def test_an_empty_file_becomes_a_store(path):
    path.touch()
    SqliteStore(path).close()
    SqliteStore(path, read_only=True).close()


def test_a_file_that_is_no_database_is_refused_and_left_alone(path):
    path.write_bytes(b"id,total\n7,30\n")
    for read_only in (False, True):
        with pytest.raises(NotAStore, match=r"orders\.db is not a SQLite database") as caught:
            SqliteStore(path, read_only=read_only)
        assert caught.value.path == path
    assert path.read_bytes() == b"id,total\n7,30\n"
    assert [p.name for p in path.parent.iterdir()] == ["orders.db"]


def test_another_programs_database_is_refused_and_left_alone(path):
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE workflows (id)")
    db.commit()
    db.close()
    before = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(NotAStore, match="another program's database"):
            SqliteStore(path, read_only=read_only)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["orders.db"]


def test_a_newer_schema_is_refused_and_left_alone(path):
    SqliteStore(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    before = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(StoreTooNew, match="has schema version 99") as caught:
            SqliteStore(path, read_only=read_only)
        assert (caught.value.found, caught.value.supported) == (99, SCHEMA_VERSION)
    assert path.read_bytes() == before


def test_a_truncated_database_is_damaged_not_somebody_elses(path, author_in):
    store = SqliteStore(path)
    author_in(store).write(200)
    store.close()
    path.write_bytes(path.read_bytes()[:8192])
    with pytest.raises(StoreDamaged, match="is damaged"):
        SqliteStore(path)


def test_a_directory_is_refused(tmp_path):
    with pytest.raises(StoreError, match="is a directory; give the path of a file"):
        SqliteStore(tmp_path)


def test_a_file_in_the_place_of_a_directory_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="Not a directory"):
        SqliteStore(tmp_path / "file" / "orders.db")


def test_reading_what_is_not_there_is_refused_and_makes_nothing(path):
    with pytest.raises(StoreError, match="There is no store at"):
        SqliteStore(path, read_only=True)
    path.touch()
    with pytest.raises(StoreError, match="is empty"):
        SqliteStore(path, read_only=True)


UNPRIVILEGED = """
import os, sys
from repertory.persistence.errors import StoreError
from repertory.persistence.sqlite import SqliteStore
if os.getuid() == 0:
    os.setuid(65534)
try:
    SqliteStore(sys.argv[1])
except StoreError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.skipif(os.name == "nt", reason="rights are of another kind there")
@pytest.mark.parametrize("name", ["orders.db", "new/orders.db"])
def test_a_directory_that_cannot_be_written_is_said(name):
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", UNPRIVILEGED, str(Path(directory) / name)],
            capture_output=True,
            text=True,
            check=True,
        )
        Path(directory).chmod(0o755)
    assert done.stdout.startswith("StoreError ")
    assert directory in done.stdout
    assert "(Permission denied); choose another" in done.stdout


READER = """
import os, sys
from repertory.persistence.errors import StoreError
from repertory.persistence.sqlite import SqliteStore
if os.getuid() == 0:
    os.setuid(65534)
try:
    store = SqliteStore(sys.argv[1], read_only=True)
    for _ in range(2):
        print([record.id for record in store.list()])
    store.close()
except StoreError as error:
    print(type(error).__name__, error)
"""


def read_where_nothing_can_be_made(path, *names):
    """Copy files of a store to a directory that can't be written, and return what a reader says."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        for name in names:
            shutil.copy(path.with_name(name), place)
            (place / name).chmod(0o444)
        place.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", READER, str(place / path.name)],
            capture_output=True,
            text=True,
            check=True,
        )
        left = sorted(file.name for file in place.iterdir())
        place.chmod(0o755)
    assert left == sorted(names)
    return done.stdout


posix = pytest.mark.skipif(os.name == "nt", reason="rights are of another kind there")


@posix
def test_a_store_is_read_in_a_directory_that_cannot_be_written(path, author_in):
    store = SqliteStore(path)
    author_in(store).write(3)
    store.close()
    assert read_where_nothing_can_be_made(path, path.name) == "['order-7']\n" * 2


@posix
def test_a_log_without_its_index_in_such_a_directory_is_said_not_passed_over(path, author_in):
    store = SqliteStore(path)
    author_in(store).write(3)
    names = [path.name, f"{path.name}-wal", f"{path.name}-shm"]
    said = read_where_nothing_can_be_made(path, *names[:2])
    assert said.startswith("StoreError ")
    assert "SQLite has to make orders.db-shm" in said
    assert read_where_nothing_can_be_made(path, *names) == "['order-7']\n" * 2
    store.close()


@posix
def test_a_store_in_rollback_mode_is_read_with_its_locks_everywhere(path, author_in, monkeypatch):
    store = SqliteStore(path)
    author_in(store).write(3)
    store.close()
    monkeypatch.setattr(sqlite_open, "_can_be_written", lambda directory: False)
    assert sqlite_open.is_frozen(path)
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = DELETE")
    db.close()
    assert not sqlite_open.is_frozen(path)
    assert read_where_nothing_can_be_made(path, path.name) == "['order-7']\n" * 2


def test_a_reader_that_makes_nothing_sees_what_somebody_else_writes_later(
    path, author_in, monkeypatch
):
    first = SqliteStore(path)
    author_in(first).write(1)
    first.close()
    monkeypatch.setattr(sqlite_open, "_can_be_written", lambda directory: False)
    reader = SqliteStore(path, read_only=True)
    assert reader.tally() == {("Order", ("basket",)): 1}
    writer = SqliteStore(path)
    author_in(writer, "order-8").write(1)
    assert reader.tally() == {("Order", ("basket",)): 2}
    writer.close()
    reader.close()


def test_an_older_schema_is_migrated_in_one_transaction(path, author_in, monkeypatch):
    store = SqliteStore(path)
    author_in(store).write(3)
    store.close()
    # A schema that is two versions older: its workflows had names, not ids.
    db = sqlite3.connect(path)
    db.execute("ALTER TABLE workflows RENAME COLUMN id TO name")
    db.execute("ALTER TABLE store DROP COLUMN last_entry")
    db.commit()
    db.close()

    def name_to_id(connection):
        connection.execute("ALTER TABLE workflows RENAME COLUMN name TO id")

    def add_last_entry(connection):
        connection.execute("ALTER TABLE store ADD COLUMN last_entry INTEGER NOT NULL DEFAULT 0")

    def fail(connection):
        connection.execute("SELECT * FROM nowhere")

    def use(*steps):
        known = (*migrations.MIGRATIONS, *steps)
        monkeypatch.setattr(sqlite_open, "SCHEMA_VERSION", SCHEMA_VERSION + 2)
        monkeypatch.setattr(
            sqlite_open, "migrate", lambda c, found: migrations.migrate(c, found, known)
        )

    use(name_to_id, fail)
    with pytest.raises(StoreError, match="no such table: nowhere"):
        SqliteStore(path)
    with pytest.raises(StoreError, match="no such column"):
        monkeypatch.undo()
        SqliteStore(path)
    use(name_to_id, add_last_entry)
    store = SqliteStore(path)
    assert store.find("order-7").sequence == 3
    assert list(verify(store)) == []
    store.close()
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION + 2,)
    db.close()


def test_a_store_of_the_first_schema_is_migrated_and_counted(path, author_in):
    store = SqliteStore(path)
    author_in(store).write(3)
    store.close()
    db = sqlite3.connect(path)
    db.execute("DROP TABLE totals")
    db.execute("UPDATE state_transitions SET checksum = substr(checksum, 1, 8)")
    db.execute("PRAGMA user_version = 1")
    db.commit()
    db.close()
    with pytest.raises(StoreError, match="older schema version 1; open it once to write"):
        SqliteStore(path, read_only=True)
    store = SqliteStore(path)
    assert list(verify(store)) == []
    author_in(store, "order-8").write(1)
    assert list(verify(store)) == []
    store.close()
    db = sqlite3.connect(path)
    assert db.execute("SELECT rows FROM totals WHERE name = 'workflows'").fetchone() == (2,)
    db.close()
