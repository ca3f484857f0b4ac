"""A row shows that is gone, or was put in by somebody else; what the store itself does is none."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from repertory.actors import ActorSystem, State, Workflow
from repertory.persistence.errors import StoreError
from repertory.persistence.sqlite import SqliteStore
from repertory.persistence.totals import COUNTED
from repertory.persistence.verification import verify


class Clerk(Workflow):
    """Leaves a row of each kind: a timer, a message that waits, and more than one checkpoint."""

    here = State(initial=True)
    note = here.to.itself(internal=True)
    never = here.to.itself(internal=True)

    checkpoint_every = 2

    def on_enter_here(self) -> None:
        self.timers.start("late", event="never", after=3600)

    def on_note(self, to: str = "") -> None:
        if to:
            self.tell(to, "note")


@pytest.fixture
def written(path: Path) -> Path:
    with ActorSystem(path) as system:
        system.subscribe(lambda step: None, durable="mail")
        for id in ("ann", "bob", "cid"):
            ref = system.start(Clerk, id=id)
            for _ in range(5):
                ref.ask("note")
        ref.ask("note", to="nobody")
        system.remove("cid")
        assert system.verify() == []
    assert found(path) == []
    return path


def found(path: Path) -> list[str]:
    with closing(SqliteStore(path, read_only=True)) as store:
        return [problem.what for problem in verify(store)]


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        for statement in statements:
            assert db.execute(statement).rowcount != 0


@pytest.mark.parametrize("table", COUNTED)
def test_a_row_that_is_gone_shows(written: Path, table: str) -> None:
    change(written, f"DELETE FROM {table} WHERE rowid = (SELECT max(rowid) FROM {table})")
    with closing(sqlite3.connect(written)) as db:
        (left,) = db.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert f"1 of the {left + 1} rows of the table {table} are missing" in found(written)


@pytest.mark.parametrize("table", COUNTED)
def test_a_row_that_was_there_once_and_is_put_back_shows(written: Path, table: str) -> None:
    with closing(sqlite3.connect(written)) as db:
        columns = [name for _, name, *_ in db.execute(f"PRAGMA table_info({table})")]
    key = {"workflows": "id", "workflow_definitions": "type", "subscriptions": "name"}
    fresh = {"workflows": {"number": "99"}, "workflow_checkpoints": {"sequence": "99"}}.get(
        table, {}
    )
    if table in key:
        fresh[key[table]] = "'copy'"
    values = [
        fresh.get(name, "NULL" if name == "id" and table not in key else f'"{name}"')
        for name in columns
    ]
    change(written, f"INSERT INTO {table} SELECT {', '.join(values)} FROM {table} LIMIT 1")
    assert any(f"The table {table} has 1 more than the" in what for what in found(written))


def test_a_row_in_another_ones_place_shows(written: Path) -> None:
    with closing(sqlite3.connect(written)) as db:
        marks = {mark for (mark,) in db.execute("SELECT mark FROM messages")}
    assert len(marks) > 1
    change(
        written,
        "CREATE TEMP TABLE kept AS SELECT * FROM messages ORDER BY id LIMIT 1",
        "UPDATE kept SET id = 99",
        "DELETE FROM messages WHERE id = (SELECT max(id) FROM messages)",
        "INSERT INTO messages SELECT * FROM kept",
    )
    assert "The table messages has as many rows as were written, but not the same" in found(written)


def test_a_total_that_is_gone_shows(written: Path) -> None:
    change(written, "DELETE FROM totals WHERE name = 'messages'")
    assert found(written) == ["How many rows the table messages must have is not told"]


def test_it_shows_also_in_a_system_that_runs_and_goes_on(written: Path) -> None:
    with ActorSystem(written) as system:
        change(written, "DELETE FROM subscriptions")
        system.get("ann").ask("note")
        (problem,) = system.verify()
        assert problem.what == "1 of the 1 rows of the table subscriptions are missing"


def test_what_is_replaced_counts_once_and_what_is_rolled_back_not_at_all(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        for entry in (0, 0):
            store.move_cursor("mail", entry)
            store.define("Clerk", 1, b'{"states":{}}')
        with pytest.raises(StoreError), store._writer.transaction() as connection:
            connection.execute("DELETE FROM subscriptions")
            connection.execute("SELECT * FROM nowhere")
        assert list(verify(store)) == []
        with closing(sqlite3.connect(path)) as db:
            there = dict(db.execute("SELECT name, rows FROM totals"))
    assert (there["subscriptions"], there["workflow_definitions"]) == (1, 1)
