"""A row that is damaged is left where it is and told of; it holds up nobody, and blinds nobody."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path

import pytest
from repertory.actors import ActorSystem, State, Workflow
from repertory.actors.errors import StoreDamaged, StoreError
from repertory.actors.testing import ManualClock
from repertory.persistence.sqlite import SqliteStore
from repertory.persistence.verification import verify

HOW = {
    "kind": "UPDATE messages SET kind = 'times' WHERE id = 2",
    "event": "UPDATE messages SET event = CAST(x'ff' AS TEXT) WHERE id = 2",
    "type": "UPDATE messages SET event = CAST(event AS BLOB) WHERE id = 2",
    "sequence": "UPDATE messages SET sequence = x'01' WHERE id = 2",
}


class Ring(Workflow):
    workflow_name = "damaged-ring"
    here = State(initial=True)
    rung = State(final=True)
    ring = here.to(rung)

    def on_enter_here(self) -> None:
        self.timers.start("bell", event="ring", after=60)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "store.db"
    with ActorSystem(path, clock=ManualClock()) as system:
        for n in range(4):
            system.start(Ring, id=f"b{n}")
    return path


@pytest.fixture
def without_collector() -> Iterator[None]:
    """What was broken off must not depend on when the garbage collector comes by."""
    gc.disable()
    yield
    gc.enable()


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("PRAGMA writable_schema = ON")
        assert db.execute(statement).rowcount != 0


@pytest.mark.parametrize("how", HOW)
def test_a_damaged_timer_holds_up_no_other_one_and_is_not_lost(
    path: Path, how: str, without_collector: None
) -> None:
    change(path, HOW[how])
    clock = ManualClock()
    with ActorSystem(path, clock=clock) as system:
        clock.advance(3600)
        system.settle()
        assert [system.get(f"b{n}").state for n in (0, 2, 3)] == ["rung"] * 3
        with pytest.raises(StoreDamaged):
            system.get("b1").ask("ring")
        # What was read before it broke off hides nothing of what comes after.
        system.start(Ring, id="x")
        assert system.get("x").state == "here"
        assert len(system.list()) == 5
        problems = [problem.what for problem in system.verify()]
        assert problems and not [what for what in problems if "cut short" in what]
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM messages WHERE id = 2").fetchone() == (1,)


@pytest.mark.parametrize("held", [False, True])
def test_a_read_that_breaks_off_keeps_no_old_state(
    path: Path, without_collector: None, held: bool
) -> None:
    with closing(SqliteStore(path)) as store:
        reader, kept = store._reader, []
        for _ in range(10):
            try:
                with store.reading() if held else nullcontext(), reader.connection() as connection:
                    rows = connection.execute("SELECT id FROM workflows")
                    kept += [rows, next(rows)]  # half read, and not let go
                    raise StoreDamaged("as a row may be")
            except StoreDamaged:
                pass
        store.move_cursor("mail", 1)
        assert store.cursors() == {"mail": 1}


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("DROP INDEX state_transitions_key", "The index 'state_transitions_key' is missing"),
        (
            "CREATE TRIGGER odd AFTER UPDATE ON workflows BEGIN DELETE FROM messages; END",
            "The trigger 'odd' was put in by somebody else",
        ),
        ("DROP TABLE subscriptions", "The table 'subscriptions' is missing"),
        ("DELETE FROM store", "The row about the store itself is missing"),
        ("INSERT INTO totals VALUES ('odd', 1, 1)", "There is a total of 'odd'"),
        ("UPDATE totals SET rows = x'01' WHERE name = 'messages'", "of the type blob, not integer"),
    ],
)
def test_what_is_wrong_with_the_file_as_such_is_named(
    path: Path, statement: str, says: str
) -> None:
    change(path, statement)
    with closing(SqliteStore(path, read_only=True)) as store:
        found = [problem.what for problem in verify(store)]
    assert [what for what in found if says in what], found


def test_a_store_without_its_own_row_is_not_opened_to_write(path: Path) -> None:
    change(path, "DELETE FROM store")
    with pytest.raises(StoreDamaged, match="the row about the store itself is missing"):
        SqliteStore(path)


def test_a_schema_that_is_no_utf_8_is_said_to_be_damaged(path: Path) -> None:
    change(
        path,
        "UPDATE sqlite_master SET sql = CAST(CAST('CREATE TABLE ' || x'c1' AS BLOB) || "
        "CAST(substr(sql, 13) AS BLOB) AS TEXT) WHERE name = 'messages'",
    )
    with pytest.raises(StoreError, match=r"UTF-8|damaged|malformed"):
        SqliteStore(path).messages()


def test_a_configuration_that_is_no_text_any_more_is_found_and_listed(path: Path) -> None:
    change(path, "UPDATE workflows SET configuration = CAST(configuration AS BLOB) WHERE id = 'b1'")
    with ActorSystem(path, read_only=True) as system:
        assert {record.id for record in system.list(state="here")} == {f"b{n}" for n in range(4)}
        assert "configuration in row 2 of workflows" in system.verify()[0].what
