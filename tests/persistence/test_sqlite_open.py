"""Opening a store: what is refused, and how it says so; and who may write."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from repertory.persistence import migrations, sqlite_open
from repertory.persistence.errors import (
    NotAStore,
    StoreDamaged,
    StoreError,
    StoreFenced,
    StoreInUse,
    StoreTooNew,
)
from repertory.persistence.models import APPLICATION_ID, SCHEMA_VERSION
from repertory.persistence.sqlite import SqliteStore
from repertory.persistence.verification import verify

HOLD = """
import sys
from repertory.persistence.sqlite import SqliteStore
store = SqliteStore(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


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


def test_a_second_opener_in_this_process_is_refused(path):
    first = SqliteStore(path)
    with pytest.raises(StoreInUse, match=f"in use by process {os.getpid()} on ") as caught:
        SqliteStore(path)
    assert caught.value.holder.startswith(f"process {os.getpid()} on ")
    first.close()
    SqliteStore(path).close()


def test_a_link_to_a_store_that_is_open_is_refused_too(path, tmp_path):
    first = SqliteStore(path)
    (tmp_path / "link.db").symlink_to(path)
    with pytest.raises(StoreInUse):
        SqliteStore(tmp_path / "link.db")
    first.close()


def test_a_second_opener_in_another_process_is_refused_until_the_first_is_killed(path, holder):
    with pytest.raises(StoreInUse, match=f"process {holder.pid} on "):
        SqliteStore(path)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    SqliteStore(path).close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_neither_holds_the_store_nor_writes_to_it(path, author_in):
    store = SqliteStore(path)
    writer = author_in(store)
    ready, done = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        try:
            store.commit([writer.step()])
            os.write(ready[1], b"wrote")
        except StoreError as error:
            os.write(ready[1], str(error).encode())
        os.read(done[0], 1)
        os._exit(0)
    said = os.read(ready[0], 1000).decode()
    store.close()
    SqliteStore(path).close()
    os.write(done[1], b".")
    os.waitpid(child, 0)
    for end in (*ready, *done):
        os.close(end)
    assert f"was opened by process {os.getpid()}, from which this one was forked" in said


def test_a_store_is_read_while_another_process_holds_it(path, holder):
    reader = SqliteStore(path, read_only=True)
    assert reader.list() == []
    with pytest.raises(StoreError, match="opened read-only"):
        reader.commit([])
    with pytest.raises(StoreError, match="opened read-only"):
        reader.allocate()
    reader.close()


def test_a_reader_sees_each_commit_and_writes_nothing(path, author_in):
    store = SqliteStore(path)
    reader = SqliteStore(path, read_only=True)
    order = author_in(store).write(2)
    assert reader.find("order-7").sequence == 2
    order.write(1)
    assert reader.load("order-7") == store.load("order-7")
    assert list(verify(reader)) == []
    with reader._reader.connection() as connection, pytest.raises(sqlite3.OperationalError):
        connection.execute("DELETE FROM workflows")
    reader.close()
    store.close()


def test_reads_do_not_wait_for_an_open_write_transaction(path, author_in):
    store = SqliteStore(path, busy_timeout=0)
    order = author_in(store).write(2)
    with store._writing().transaction() as connection:
        connection.execute("UPDATE workflows SET sequence = 77")
        assert store.find("order-7") == order.record
        assert store.load("order-7").record == order.record
        connection.execute("UPDATE workflows SET sequence = 2")
    store.close()


def test_another_programs_lock_is_waited_for_and_said(path, author_in):
    store = SqliteStore(path, busy_timeout=0.01)
    order = author_in(store).write(1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    step = order.step()
    with pytest.raises(StoreError, match=r"locked by another program, for longer than the 0.01 s"):
        store.commit([step])
    assert store.find("order-7").sequence == 1
    other.execute("ROLLBACK")
    assert list(store.commit([step])) == [None]
    other.close()
    store.close()


def test_a_writer_that_was_taken_over_is_fenced_off(path, author_in):
    store = SqliteStore(path)
    order = author_in(store).write(1)
    (path.parent / "orders.db.lock").unlink()
    successor = SqliteStore(path)
    with pytest.raises(StoreFenced, match="has been taken over"):
        store.commit([order.step()])
    with pytest.raises(StoreFenced):
        store.remove("order-7")
    assert successor.find("order-7").sequence == 1
    store.close()
    with pytest.raises(StoreInUse):
        SqliteStore(path)
    successor.close()


def test_a_full_disk_fails_the_commit_and_loses_nothing(path, author_in):
    store = SqliteStore(path)
    order = author_in(store).write(3)
    connection = store._writing()._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    large = order.step(text="x" * 100_000)
    with pytest.raises(StoreError, match="the disk is full"):
        store.commit([large])
    assert store.find("order-7").sequence == 3
    connection.execute("PRAGMA max_page_count = 1000000")
    assert list(store.commit([large])) == [None]
    assert list(verify(store)) == []
    store.close()


def test_a_closed_store_says_so_and_may_be_closed_again(path, author_in):
    store = SqliteStore(path)
    order = author_in(store).write(1)
    store.close()
    store.close()
    with pytest.raises(StoreError, match="is closed"):
        store.find("order-7")
    with pytest.raises(StoreError, match="is closed"):
        store.commit([order.step()])


def test_many_threads_leave_few_connections_and_closing_leaves_none(path, author_in):
    store = SqliteStore(path)
    author_in(store).write(3)
    made = []
    connect = store._reader._connect
    store._reader._connect = lambda: made.append(connect()) or made[-1]
    for _ in range(5):
        threads = [threading.Thread(target=store.load, args=("order-7",)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert made
    assert len(store._reader._idle) <= 8
    store.close()
    for connection in made:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")


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
        monkeypatch.setattr(sqlite_open, "SCHEMA_VERSION", 3)
        monkeypatch.setattr(
            sqlite_open, "migrate", lambda c, found: migrations.migrate(c, found, steps)
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
    assert db.execute("PRAGMA user_version").fetchone() == (3,)
    db.close()
