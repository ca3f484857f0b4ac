"""The SQLite store beyond the contract: readers, locks of others, a full disk."""

from __future__ import annotations

import sqlite3
import threading

import pytest
from repertory.persistence.errors import (
    StoreError,
)
from repertory.persistence.records import Retention
from repertory.persistence.sqlite import SqliteStore
from repertory.persistence.verification import verify


def test_numbers_of_what_was_removed_are_not_given_out_after_reopening(path, author_in):
    store = SqliteStore(path)
    last = author_in(store).write(3)
    store.remove("order-7")
    store.close()
    store = SqliteStore(path)
    again = author_in(store).write(1)
    assert again.record.number > last.record.number
    assert store.entries(again.record.number)[0].id == 4
    store.close()


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


@pytest.mark.parametrize("meanwhile", ["a step", "trimming", "trimming and a step"])
def test_what_is_loaded_is_of_one_time(path, author_in, monkeypatch, meanwhile):
    store = SqliteStore(path)
    order = author_in(store)
    order.write(7)
    load_entries, times = store._reader.entries, []

    def entries(*args, **bounds):
        times.append(bounds)
        if len(times) == 1:
            if "step" in meanwhile:
                order.write()
            if "trimming" in meanwhile:
                assert store.trim(Retention(count=1), 0) == 1
        return load_entries(*args, **bounds)

    monkeypatch.setattr(store._reader, "entries", entries)
    loaded = store.load("order-7")
    assert loaded.record.sequence == order.record.sequence
    awaited = range(loaded.checkpoint.sequence + 1, loaded.record.sequence + 1)
    assert [entry.sequence for entry in loaded.entries] == [*awaited]
    assert len(times) == 1 + (loaded.checkpoint.sequence != loaded.record.sequence)
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
    connections = store._reader._connections
    connect = connections._connect
    connections._connect = lambda: made.append(connect()) or made[-1]
    for _ in range(5):
        threads = [threading.Thread(target=store.load, args=("order-7",)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert made
    assert len(connections.idle) <= 8
    store.close()
    for connection in made:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")
