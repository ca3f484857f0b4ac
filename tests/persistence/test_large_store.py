"""What a large store costs: rows looked at, counted by SQLite itself, not by a clock."""

from __future__ import annotations

import sqlite3

import pytest
from repertory.persistence import sqlite_open, statements
from repertory.persistence.records import Retention
from repertory.persistence.sqlite import SqliteStore

MANY = 5000


@pytest.fixture
def large(path):
    """A store of 5,000 workflows of two classes in four configurations."""
    SqliteStore(path).close()
    db = sqlite3.connect(path)
    db.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
        "INSERT INTO workflows SELECT i, 'w' || i, 'T' || (i % 2), 1, 1, 1, "
        "'[\"s' || (i % 4) || '\"]', 0, 0, 0, 0, 0 FROM n",
        (MANY,),
    )
    db.commit()
    db.close()
    return path


@pytest.fixture
def instructions(monkeypatch):
    """SQLite's own instructions, by the hundred; a scan of 5,000 rows takes more than 100."""
    counted = []
    original = sqlite_open.connect

    def connect(*args, **given):
        connection = original(*args, **given)
        connection.set_progress_handler(lambda: counted.append(1), 100)
        return connection

    monkeypatch.setattr(sqlite_open, "connect", connect)
    monkeypatch.setattr("repertory.persistence.sqlite.connect", connect)
    return counted


def test_opening_looks_at_no_more_rows_in_a_large_store(large, instructions):
    store = SqliteStore(large)
    assert store.allocate() == MANY + 1
    store.close()
    assert len(instructions) < 20


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, [1, 2, 3]),
        ({"type": "T1"}, [1, 3, 5]),
        ({"states": ("s3",)}, [3, 7, 11]),
        ({"finished": False}, [1, 2, 3]),
        ({"finished": True}, []),
        ({"type": "T1", "states": ("s3",), "finished": False, "after": 4000}, [4003, 4007, 4011]),
        ({"type": "T2"}, []),
        ({"states": ("s9",)}, []),
    ],
)
def test_a_page_of_a_large_store_looks_at_few_rows(large, instructions, given, expected):
    store = SqliteStore(large)
    store.find("w1")
    instructions.clear()
    assert [record.number for record in store.list(limit=3, **given)] == expected
    assert len(instructions) < 20
    store.close()


def test_looking_for_something_to_trim_looks_at_few_rows(large, instructions):
    store = SqliteStore(large)
    instructions.clear()
    assert store.trim(Retention(), 10**18) == 0
    assert len(instructions) < 20
    store.close()


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (statements.PAST_AGE, "workflows_first_at"),
        (statements.PAST_COUNT, "workflows_long"),
        (statements.IN_STATE, "workflows_state"),
        (statements.NEXT_FINISHED, "workflows_state"),
        (statements.NEXT_CONFIGURATION, "workflows_state"),
        (statements.NEXT_TYPE, "workflows_state"),
        (statements.TALLY, "workflows_state"),
        (statements.BY_KEY, "state_transitions_key"),
        (statements.ENTRIES, "transitionrow_workflow_sequence"),
        (statements.LAST_ENTRIES, "transitionrow_workflow_sequence"),
        (statements.CHECKPOINT, "checkpointrow_workflow_sequence"),
        (statements.FIND, "workflowrow_id"),
        (statements.PENDING, "messages_receiver"),
        (statements.MESSAGES_FOR, "messages_receiver"),
        (statements.DEAD_MESSAGES_FOR, "messages_receiver"),
        (statements.DELETE_PENDING, "messages_receiver"),
        (statements.DUE, "messages_due"),
    ],
)
def test_a_query_is_answered_by_its_index_without_sorting(sqlite, statement, index):
    with sqlite._reader.connection() as connection:
        arguments = (0,) * statement.count("?")
        plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", arguments).fetchall()
    steps = [step[-1] for step in plan]
    assert any(index in step for step in steps), steps
    assert not any("TEMP B-TREE" in step for step in steps), steps
