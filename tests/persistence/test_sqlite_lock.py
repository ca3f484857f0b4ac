"""One system at a time writes to a store, and a dead one holds nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from repertory.persistence import lock
from repertory.persistence.errors import (
    StoreError,
    StoreFenced,
    StoreInUse,
)
from repertory.persistence.sqlite import SqliteStore

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


FORK = """
import os, sys
from repertory.persistence.sqlite import SqliteStore
store = SqliteStore(sys.argv[1])
if os.fork() == 0:
    print("forked", flush=True)
    sys.stdin.read()
    os._exit(0)
os.wait()
"""


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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_child_that_outlives_its_killed_parent_does_not_hold_the_store(path):
    with subprocess.Popen(
        [sys.executable, "-c", FORK, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        # The child says so itself: it has given up what it inherited before it runs anything.
        assert parent.stdout.readline() == "forked\n"
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        SqliteStore(path).close()
        # The child ends with its input, and its end is the end of the output.
        parent.stdin.close()
        assert parent.stdout.read() == ""


def test_a_lock_file_that_was_removed_while_it_was_being_locked_does_not_count(path, monkeypatch):
    claim, removed = lock._claim, []

    def remove_then_claim(fd):
        if not removed:
            removed.append(lock_file.unlink())
        claim(fd)

    lock_file = path.with_name("orders.db.lock")
    monkeypatch.setattr(lock, "_claim", remove_then_claim)
    store = SqliteStore(path)
    assert removed
    with pytest.raises(StoreInUse):
        SqliteStore(path)
    store.close()


def test_a_store_is_read_while_another_process_holds_it(path, holder):
    reader = SqliteStore(path, read_only=True)
    assert reader.list() == []
    with pytest.raises(StoreError, match="opened read-only"):
        reader.commit([])
    with pytest.raises(StoreError, match="opened read-only"):
        reader.allocate()
    reader.close()


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
