"""Every kind of damage is found, and where; what is sound is not called damaged."""

from __future__ import annotations

import sqlite3

import msgspec
import pytest
from repertory.actors import ActorSystem, State, Workflow
from repertory.persistence.errors import WorkflowNotFound
from repertory.persistence.records import Kind, Message, MessageKind, Retention
from repertory.persistence.sqlite import SqliteStore
from repertory.persistence.verification import verify


@pytest.fixture
def written(path, author_in):
    """A store of three workflows of ten steps, checkpoints at 1, 4 and 8, closed."""
    store = SqliteStore(path)
    for id in ("one", "two", "three"):
        order = author_in(store, id)
        order.write(5, data={"a": 1}, history={"h": ("basket",)})
        order.write(5)
    store.close()
    return path


def damage(path, *statements):
    db = sqlite3.connect(path)
    db.execute("PRAGMA ignore_check_constraints = ON")
    for statement in statements:
        assert db.execute(statement).rowcount != 0
    db.commit()
    db.close()


def found(path, workflow_id=None):
    store = SqliteStore(path, read_only=True)
    try:
        return [(p.workflow_id, p.sequence, p.what) for p in verify(store, workflow_id)]
    finally:
        store.close()


def test_a_store_as_it_was_written_is_sound(store, author):
    for id in ("one", "two"):
        author(id).write(10, history={"h": ("basket",)})
    author("three").write(3, key=None)
    assert list(verify(store)) == []
    store.trim(Retention(count=5), 0)
    assert list(verify(store)) == []
    assert list(verify(store, "one")) == []
    with pytest.raises(WorkflowNotFound, match="no workflow 'four'"):
        list(verify(store, "four"))


@pytest.mark.parametrize(
    ("versions", "record", "what"),
    [
        ([(1, 2), (2, 4)], 4, None),
        ([(1, 2), (3, 4)], 4, "The migration does not follow on the version before"),
        ([(1, 2), None], 2, "The migration does not follow on the version before"),
        ([(1, 2), (2, 4)], 3, "The workflow's row says version 3, and its history 4"),
    ],
)
def test_migrations_lead_from_version_to_version(store, author, versions, record, what):
    order = author("one").write(2)
    for pair in versions:
        data = None if pair is None else dict(zip(("from", "to"), pair, strict=True))
        order.record = msgspec.structs.replace(order.record, version=record)
        order.write(kind=Kind.MIGRATED, event="__migrated__", data=data)
        order.write()
    assert [problem.what for problem in verify(store)] == ([] if what is None else [what])


TWO = "WHERE workflow = 2 AND sequence = "


@pytest.mark.parametrize(
    ("statements", "sequence", "what"),
    [
        (["DELETE FROM state_transitions " + TWO + "6"], 6, "Entry 6 is missing"),
        (
            ["DELETE FROM state_transitions WHERE workflow = 2 AND sequence IN (5, 6)"],
            5,
            "Entries 5 to 6 are missing",
        ),
        (["DELETE FROM state_transitions " + TWO + "1"], 1, "Entry 1 is missing"),
        (["DELETE FROM state_transitions " + TWO + "10"], 10, "Entry 10 is missing"),
        (
            ["UPDATE state_transitions SET data = '{\"a\":2}' " + TWO + "3"],
            3,
            "The checksum does not fit",
        ),
        (["UPDATE state_transitions SET data = '{' " + TWO + "3"], 3, "The entry's data is not"),
        (["UPDATE state_transitions SET at = at + 1 " + TWO + "3"], 3, "The checksum does not"),
        (["UPDATE state_transitions SET key = 'k' " + TWO + "3"], 3, "The checksum does not"),
        (
            ["UPDATE state_transitions SET source = '[\"lost\"]' " + TWO + "6"],
            6,
            "The transition starts in ['lost'], and the one before it ended in ['basket']",
        ),
        (
            ["UPDATE state_transitions SET kind = 'created' " + TWO + "6"],
            6,
            "The entry's kind is 'created'",
        ),
        (["UPDATE state_transitions SET kind = 'odd' " + TWO + "6"], 6, "its kind is 'odd'"),
        (["UPDATE state_transitions SET target = '{' " + TWO + "6"], 6, "is damaged"),
        (["UPDATE state_transitions SET checksum = x'00' " + TWO + "6"], 6, "The checksum"),
        (
            ['UPDATE state_transitions SET context = \'{"-":["gone"]}\' ' + TWO + "6"],
            6,
            "The change in entry 6 can't be made",
        ),
        (
            ["UPDATE workflow_checkpoints SET context = '{\"total\":99}' " + TWO + "8"],
            8,
            "The checkpoint's context differs in 'total'",
        ),
        (
            ["UPDATE workflow_checkpoints SET context = 'x' " + TWO + "8"],
            8,
            "The checkpoint's context is not JSON",
        ),
        (
            ["UPDATE workflow_checkpoints SET configuration = '[\"lost\"]' " + TWO + "4"],
            4,
            "The checkpoint's states are not those",
        ),
        (
            ['UPDATE workflow_checkpoints SET history = \'{"h":["lost"]}\' ' + TWO + "8"],
            8,
            "The checkpoint's states are not those",
        ),
        (["UPDATE workflow_checkpoints SET history = '3' " + TWO + "8"], 8, "is damaged"),
        (["UPDATE workflow_checkpoints SET at = 1 " + TWO + "8"], 8, "The checkpoint's time"),
        (
            ["UPDATE workflow_checkpoints SET checksum = x'00' " + TWO + "8"],
            8,
            "The checkpoint's checksum is not",
        ),
        (
            ["UPDATE workflow_checkpoints SET sequence = 77 " + TWO + "8"],
            77,
            "The checkpoint is of a step that is not in the history",
        ),
        (["DELETE FROM workflow_checkpoints " + TWO + "1"], 1, "The checkpoint of its creation"),
        (
            ["UPDATE workflows SET sequence = 9 WHERE number = 2"],
            10,
            "The entry is beyond the last step, 9",
        ),
        (["UPDATE workflows SET sequence = 11 WHERE number = 2"], 11, "Entry 11 is missing"),
        (
            ["UPDATE workflows SET configuration = '[\"lost\"]' WHERE number = 2"],
            10,
            "The workflow's row says ['lost']",
        ),
        (["UPDATE workflows SET configuration = 'x' WHERE number = 2"], None, "is damaged"),
        (["UPDATE workflows SET finished = 7 WHERE number = 2"], None, "finished is 7"),
        (
            ["UPDATE workflows SET updated_at = 1 WHERE number = 2"],
            10,
            "The workflow's row has another time",
        ),
        (
            ["UPDATE workflows SET first_sequence = 3 WHERE number = 2"],
            1,
            "The entry is before the first one kept, 3",
        ),
        (
            ["UPDATE workflows SET first_sequence = 3 WHERE number = 2"],
            2,
            "The checkpoint from which retention left off is missing",
        ),
        (
            ["UPDATE workflows SET first_sequence = 30 WHERE number = 2"],
            None,
            "Its first step, 30, is not within 1 to 10",
        ),
        (["UPDATE workflows SET id = 'deux' WHERE number = 2"], 1, "The checksum does not fit"),
    ],
)
def test_damage_is_found_and_located_and_nothing_else_is_called_damaged(
    written, statements, sequence, what
):
    damage(written, *statements)
    problems = [p for p in found(written) if p[0] is not None]
    assert {p[0] for p in problems} <= {"two", "deux"}
    assert any(p[1] == sequence and what in p[2] for p in problems), problems


def test_a_changed_entry_is_one_problem_not_one_for_each_that_follows(written):
    damage(written, "UPDATE state_transitions SET duration = 3 " + TWO + "3")
    assert [(id, sequence) for id, sequence, _ in found(written)] == [("two", 3)]


def test_swapped_entries_break_the_chain(written):
    damage(
        written,
        "UPDATE state_transitions SET sequence = 99 " + TWO + "5",
        "UPDATE state_transitions SET sequence = 5 " + TWO + "7",
        "UPDATE state_transitions SET sequence = 7 " + TWO + "99",
    )
    assert {5, 7} <= {sequence for _, sequence, _ in found(written)}


def test_an_entry_copied_from_another_workflow_breaks_the_chain(written):
    damage(
        written,
        "DELETE FROM state_transitions " + TWO + "5",
        "UPDATE state_transitions SET workflow = 2 WHERE workflow = 1 AND sequence = 5",
    )
    places = {(id, sequence) for id, sequence, _ in found(written)}
    assert ("two", 5) in places
    assert ("one", 5) in places


def test_rows_that_point_nowhere_and_a_wrong_index_date_are_found(written):
    damage(
        written,
        "DELETE FROM workflows WHERE number = 2",
        "UPDATE workflows SET first_at = 3 WHERE number = 3",
    )
    problems = found(written)
    assert all(p[:2] == (None, None) for p in problems)
    assert sum("state_transitions points to a row of workflows" in p[2] for p in problems) == 10
    assert sum("workflow_checkpoints points to a row" in p[2] for p in problems) == 3
    assert sum("'three' has another first_at" in p[2] for p in problems) == 1


@pytest.fixture
def trimmed(path, author_in):
    """A store with a row of each kind, whose history begins at a checkpoint; closed."""
    store = SqliteStore(path)
    order = author_in(store, "one").write(3, data={"a": 1}, history={"h": ("basket",)})
    sent = Message(store.allocate_message(), "one", 4, "two", "pay", b'{"n":1}', 7)
    timer = Message(
        *(store.allocate_message(), "one", 4, "one", "pay", b"{}", 7),
        kind=MessageKind.TIMER,
        due=9,
        name="t",
        options=b"{}",
    )
    step = msgspec.structs.replace(order.step(key="k"), sends=(sent, timer))
    assert store.commit([step]) == [None]
    store.bury(sent.id, "nobody")
    store.postpone_all([(timer.id, 11, 1, b'{"every":1}')])
    assert store.trim(Retention(count=2), 0) == 1
    store.define("Order", 1, b'{"states":{}}')
    store.move_cursor("mail", 3)
    store.close()
    assert found(path) == []
    return path


TABLES = {
    "workflows": set(),
    "state_transitions": set(),
    "workflow_checkpoints": {"id"},
    "messages": set(),
    "workflow_definitions": set(),
    "subscriptions": set(),
    "totals": set(),
}


@pytest.mark.parametrize("table", TABLES)
def test_a_change_to_any_column_of_any_row_is_found(trimmed, table):
    db = sqlite3.connect(trimmed)
    rows = db.execute(f"SELECT rowid, * FROM {table}")
    names = [name for name, *_ in rows.description][1:]
    rows = rows.fetchall()
    db.close()
    whole = trimmed.read_bytes()
    unnoticed = []
    for rowid, *values in rows:
        for name, value in zip(names, values, strict=True):
            if name in TABLES[table]:
                continue
            for changed in _changed(value):
                trimmed.write_bytes(whole)
                db = sqlite3.connect(trimmed)
                db.execute("PRAGMA ignore_check_constraints = ON")
                try:
                    db.execute(f"UPDATE {table} SET {name} = ? WHERE rowid = ?", (changed, rowid))
                    db.commit()
                except sqlite3.IntegrityError:
                    continue  # SQLite itself does not take it
                finally:
                    db.close()
                if not found(trimmed):
                    unnoticed.append((rowid, name, value, changed))
    assert unnoticed == []


def _changed(value):
    match value:
        case None:
            return ["x"]
        case int():
            return [value ^ 1, value ^ 1 << 40, 2**63 - 1, str(value).encode(), "x"]
        case str():
            return [value[:-1] + chr(ord(value[-1]) ^ 1), value.encode(), b"\xff"]
        case bytes():
            return [value[:-1] + bytes([value[-1] ^ 1]), "x"]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("workflows SET created_at = 1 WHERE id = 'one'", "The row of workflow 'one' does not fit"),
        ("workflow_checkpoints SET at = at - 1 WHERE sequence = 2", "The checkpoint"),
        ("messages SET due = due + 1 WHERE name = 't'", "The message 2 does not fit its mark"),
    ],
)
def test_one_workflow_alone_is_looked_at_with_all_that_is_its_own(trimmed, change, what):
    store = SqliteStore(trimmed)
    store.insert(msgspec.structs.replace(store.find("one"), id="other"), [], [])
    store.close()
    assert found(trimmed, "one") == []
    damage(trimmed, f"UPDATE {change}")
    (changed,) = [p for p in found(trimmed, "one") if "mark" in p[2]]
    assert changed[0] == "one"
    assert changed[2].startswith(what)
    assert not [p for p in found(trimmed, "other") if "mark" in p[2]]


def test_entries_whose_place_in_the_store_was_changed_are_found(written):
    damage(written, "UPDATE state_transitions SET id = 99 WHERE workflow = 2 AND sequence = 5")
    assert any(p[:2] == ("two", 6) for p in found(written))


def test_the_look_through_a_tree_that_leads_round_in_a_circle_ends(sqlite, author_in, monkeypatch):
    author_in(sqlite).write(2)
    record = sqlite.find("order-7")
    monkeypatch.setattr(sqlite._reader, "list", lambda **_: [record])
    assert [problem.what for problem in verify(sqlite)] == [
        "Workflows after number 1 can't be listed"
    ]


def test_flipped_bytes_in_the_file_are_found(written):
    whole = written.read_bytes()
    at = whole.rindex(b'["on_pay"]')
    written.write_bytes(whole[:at] + b'["on_pie"]' + whole[at + 10 :])
    ((_, sequence, what),) = found(written)
    assert sequence is not None
    assert "The checksum does not fit" in what


def test_damaged_workflows_are_all_named_and_the_others_still_checked(written):
    damage(
        written,
        "UPDATE workflows SET configuration = 'x' WHERE number IN (1, 2)",
        "UPDATE state_transitions SET duration = 3 WHERE workflow = 3 AND sequence = 2",
    )
    assert [p[0] for p in found(written)] == [None, None, "one", "two", "three"]


def test_a_subscription_that_is_ahead_of_all_entries_is_found(written):
    store = SqliteStore(written)
    store.move_cursor("fine", 30)
    assert list(verify(store)) == []
    store.move_cursor("mail", 31)
    store.close()
    assert found(written) == [
        (None, None, "Subscription 'mail' has come further than there are entries")
    ]


def test_what_is_committed_while_a_store_is_checked_is_no_damage(sqlite, author_in, monkeypatch):
    author = author_in(sqlite).write(3)
    entry_range = sqlite._reader.entry_range

    def then_the_store_is_written_to():
        found = entry_range()
        author.write(1)
        sqlite.move_cursor("mail", found[1] + 1)
        return found

    monkeypatch.setattr(sqlite._reader, "entry_range", then_the_store_is_written_to)
    assert list(verify(sqlite)) == []
    assert sqlite.cursors() == {"mail": 4}


def test_a_timer_whose_row_is_gone_is_found(path):
    class Alarm(Workflow):
        here = State(initial=True)
        ring = here.to.itself(internal=True)

        def on_enter_here(self):
            for name in ("kept", "gone", "cancelled"):
                self.timers.start(name, event="ring", after=60)

        def on_ring(self):
            self.timers.cancel("cancelled")

    with ActorSystem(path) as system:
        system.start(Alarm, id="alarm").ask("ring")
        assert system.verify() == []
    damage(path, "DELETE FROM messages WHERE name = 'gone'")
    assert found(path) == [
        (None, None, "1 of the 2 rows of the table messages are missing"),
        ("alarm", 1, "The timer 'gone' that it has set is missing"),
    ]
