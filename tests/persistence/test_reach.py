"""A log that was cut or removed shows: the lock file of who was killed tells how far it got."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from repertory.persistence.errors import StoreDamaged
from repertory.persistence.sqlite import SqliteStore
from repertory.persistence.verification import verify

WRITE = """
import importlib.util, os, signal, sys
path, conftest, steps, synchronous, close = sys.argv[1:]
spec = importlib.util.spec_from_file_location("conftest", conftest)
conftest = importlib.util.module_from_spec(spec)
spec.loader.exec_module(conftest)
store = conftest.SqliteStore(path, synchronous=synchronous)
author = conftest.Author(store, f"o{store.entry_range()[1]}")
for _ in range(int(steps)):
    assert store.commit([author.step(total=1)]) == [None]
if close == "removed":
    store.remove(author.record.id)
if close == "closed":
    store.close()
os.kill(os.getpid(), signal.SIGKILL)
"""


def written(path: Path, steps: int, synchronous: str = "FULL", end: str = "killed") -> None:
    """Have another process write so many steps of a new workflow, and be killed."""
    conftest = Path(__file__).with_name("conftest.py")
    arguments = [str(path), str(conftest), str(steps), synchronous, end]
    done = subprocess.run([sys.executable, "-c", WRITE, *arguments])
    assert done.returncode == -signal.SIGKILL


def beside(path: Path, end: str) -> Path:
    return path.with_name(path.name + end)


def opens(path: Path) -> int:
    """Open a store and close it; return the number of its last entry."""
    store = SqliteStore(path)
    try:
        assert list(verify(store)) == []
        return store.entry_range()[1]
    finally:
        store.close()


def test_a_store_whose_writer_was_killed_opens_with_all_of_it(path: Path) -> None:
    for kill in range(1, 4):
        written(path, 5)
        assert beside(path, ".lock").exists()
        if kill == 3:
            assert opens(path) == 15
    assert not beside(path, ".lock").exists()


@pytest.mark.parametrize("left", [0, 1, 2])
def test_a_log_that_was_cut_or_removed_is_damage_that_stays_until_it_is_accepted(
    path: Path, left: int
) -> None:
    written(path, 5)
    log = beside(path, "-wal")
    if left == 0:
        opens(path)  # all of it is in the file now
        written(path, 5)
        log.unlink()
    else:
        os.truncate(log, log.stat().st_size * left // 4)
    last = 10 if left == 0 else 5
    for _ in range(2):
        with pytest.raises(StoreDamaged, match=f"entry {last} was acknowledged") as caught:
            SqliteStore(path)
        assert caught.value.path == path
        assert str(beside(path, ".lock")) in str(caught.value)
    reader = SqliteStore(path, read_only=True)
    assert [problem.what for problem in verify(reader)] == [str(caught.value)]
    reader.close()
    beside(path, ".lock").unlink()
    assert opens(path) < last


def test_an_older_copy_in_the_place_of_a_killed_store_is_noticed(path: Path) -> None:
    written(path, 5, end="closed")
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    written(path, 5)
    beside(path, "-wal").unlink()
    beside(path, "-shm").unlink()
    shutil.copy(copy, path)
    with pytest.raises(StoreDamaged, match="ends with entry 5, and entry 10 was acknowledged"):
        SqliteStore(path)


def test_the_newest_workflow_may_have_been_removed(path: Path) -> None:
    written(path, 5)
    written(path, 5, end="removed")
    assert opens(path) == 10


def test_what_is_not_flushed_is_not_vouched_for(path: Path) -> None:
    written(path, 5)
    written(path, 5, synchronous="NORMAL")
    beside(path, "-wal").unlink()
    opens(path)


def test_a_store_that_was_closed_tells_nothing(path: Path) -> None:
    written(path, 5, end="closed")
    assert not beside(path, ".lock").exists()
    assert opens(path) == 5
