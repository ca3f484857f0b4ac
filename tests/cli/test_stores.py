"""Stores that can't be used, and one that another process holds."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from .conftest import ORDERS, Run

LOG = "case,activity,timestamp\norder-1,Pay the order,2024-01-01T10:00:00\n"
HOLDER = """
import sys
from repertory.actors import ActorSystem
with ActorSystem(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def commands(tmp_path: Path) -> dict[str, list[object]]:
    log = tmp_path / "log.csv"
    log.write_text(LOG)
    return {
        "list": ["list"],
        "show": ["show", "order-1"],
        "history": ["history", "order-1"],
        "verify": ["verify"],
        "export": ["export", "order-1"],
        "send": ["send", "order-1", "pay", "-d", ORDERS],
        "rollback": ["rollback", "order-1", "-d", ORDERS],
        "remove": ["remove", "order-1"],
        "replay": ["replay", ORDERS, log],
    }


EVERY = ["list", "show", "history", "verify", "export", "send", "rollback", "remove", "replay"]
LOOKING = EVERY[:5]


@pytest.mark.parametrize("name", EVERY)
def test_a_file_that_is_no_database_is_one_sentence_and_stays_as_it_is(
    run: Run, tmp_path: Path, commands: dict[str, list[object]], name: str
) -> None:
    store = tmp_path / "notes.db"
    store.write_text("Not a database, but somebody's notes. " * 200)
    before = store.read_bytes()
    run(*commands[name], "--store", store).failed_with("notes.db", "not a SQLite database")
    assert store.read_bytes() == before


@pytest.mark.parametrize("name", EVERY)
def test_a_store_of_a_newer_version_is_one_sentence(
    run: Run, store: Path, commands: dict[str, list[object]], name: str
) -> None:
    with closing(sqlite3.connect(store)) as raw, raw:
        raw.execute("PRAGMA user_version = 99")
    run(*commands[name], "--store", store).failed_with("orders.db", "99")


@pytest.mark.parametrize("name", EVERY)
def test_a_directory_is_no_store(
    run: Run, tmp_path: Path, commands: dict[str, list[object]], name: str
) -> None:
    run(*commands[name], "--store", tmp_path).failed_with(tmp_path.name, "directory")


@pytest.mark.parametrize("name", LOOKING)
def test_looking_at_a_store_that_is_not_there_makes_none(
    run: Run, tmp_path: Path, commands: dict[str, list[object]], name: str
) -> None:
    run(*commands[name], "--store", tmp_path / "none.db").failed_with("none.db")
    assert not (tmp_path / "none.db").exists()


def test_a_store_in_a_folder_that_is_none_is_one_sentence(
    run: Run, tmp_path: Path, commands: dict[str, list[object]]
) -> None:
    store = tmp_path / "log.csv" / "orders.db"
    run(*commands["replay"], "--store", store).failed_with("orders.db")


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write everywhere")
def test_a_folder_that_cannot_be_written_is_one_sentence(
    run: Run, tmp_path: Path, commands: dict[str, list[object]]
) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    run(*commands["replay"], "--store", folder / "orders.db").failed_with("orders.db")


@pytest.fixture
def holder(store: Path) -> Iterator[int]:
    """The process id of another process that has the store open."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, store],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process.pid
    process.communicate()


def test_while_another_process_holds_the_store_it_can_be_read_but_not_written(
    run: Run, store: Path, holder: int, commands: dict[str, list[object]]
) -> None:
    for name in LOOKING:
        assert run(*commands[name], "--store", store).code == 0, name
    for name in EVERY[5:]:
        run(*commands[name], "--store", store).failed_with(str(holder), "orders.db")
