"""Every SQL statement of the store, compiled by Peewee once, when this module is imported.

Peewee writes the SQL, and sqlite3 runs it: building a query anew for each row costs ten times
what running it does. JSON is text in the file, so that people can read and query it there, and
comes out as bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, cast

from peewee import SQL, SqliteDatabase, fn

from .models import (
    LONG,
    MODELS,
    CheckpointRow,
    DefinitionRow,
    MessageRow,
    StoreRow,
    SubscriptionRow,
    TransitionRow,
    WorkflowRow,
)

P = SQL("?")
"""One that is given when the statement is run."""
_JSON = P.cast("TEXT")
_dialect = SqliteDatabase(None)


def sql(query: Any) -> str:
    """Return the SQL of a query that has no value in it."""
    context: Any = _dialect.get_sql_context()
    text, values = context.parse(query)
    if values:
        raise AssertionError(f"a value was compiled into {text!r}")
    return str(text)


def schema() -> list[str]:
    """Return the statements that create the tables and indexes of the newest schema."""
    made: list[str] = []
    for model in MODELS:
        with _dialect.bind_ctx([model], bind_refs=False, bind_backrefs=False):
            manager: Any = cast(Any, model)._schema
            for made_by in (
                manager._create_table(safe=False),
                *manager._create_indexes(safe=False),
            ):
                made.append(made_by.query()[0])
    return made


_W, _T, _C = WorkflowRow, TransitionRow, CheckpointRow
_M, _D = MessageRow, DefinitionRow

# --- the store's own row ---

INSERT_STORE = sql(StoreRow.insert(dict.fromkeys(StoreRow._meta.sorted_fields, P)))
RAISE_EPOCH = sql(
    StoreRow.update(
        {
            StoreRow.epoch: StoreRow.epoch + SQL("1"),
            StoreRow.pid: P,
            StoreRow.host: P,
            StoreRow.since: P,
        }
    )
)
EPOCH = sql(StoreRow.select(StoreRow.epoch))
LAST_GIVEN = sql(StoreRow.select(StoreRow.last_number, StoreRow.last_entry))
KEEP_LAST_GIVEN = sql(
    StoreRow.update(
        {
            StoreRow.last_number: fn.MAX(StoreRow.last_number, P),
            StoreRow.last_entry: fn.MAX(StoreRow.last_entry, P),
        }
    )
)

# --- writing ---

INSERT_WORKFLOW = sql(_W.insert(dict.fromkeys(_W._meta.sorted_fields, P)))
_UPDATE_WORKFLOW = _W.update(
    {
        _W.version: P,
        _W.sequence: P,
        _W.configuration: P,
        _W.finished: P,
        _W.updated_at: P,
        _W.mark: P,
    }
).where((_W.number == P) & (_W.sequence == P))
UPDATE_WORKFLOW = sql(_UPDATE_WORKFLOW)
UPDATE_WORKFLOW_IN_EPOCH = sql(_UPDATE_WORKFLOW.where(StoreRow.select(StoreRow.epoch) == P))
JSON_FIELDS = {
    *("data", "history", "context", "result", "error", "details", "options", "definition")
}


def _insert(model: Any) -> Callable[[int], str]:
    """Return what gives the INSERT of a row by which of its columns that may be empty are not.

    Those have a bit each, the first one the lowest. sqlite3 takes as long over a None as over
    several values, so that what is empty is better left out.
    """
    fields: list[Any] = model._meta.sorted_fields
    may_be_empty = [f for f in fields if f.null]

    @cache
    def insert(there: int) -> str:
        empty = {f.name for place, f in enumerate(may_be_empty) if not there & 1 << place}
        return sql(model.insert({f: P for f in fields if f.name not in empty}))

    return insert


INSERT_ENTRY = _insert(_T)
INSERT_MESSAGE = _insert(_M)
INSERT_CHECKPOINT = sql(
    _C.insert(dict.fromkeys(_C._meta.sorted_fields[1:], P)).on_conflict_replace()
)
_WAITING = SQL("dead IS NULL")
TAKE_MESSAGE = sql(_M.delete().where((_M.id == P) & _WAITING))
CANCEL_MESSAGE = sql(_M.delete().where(_M.id == P))
POSTPONE_MESSAGE = sql(
    _M.update({_M.due: P, _M.attempt: P, _M.options: _JSON}).where((_M.id == P) & _WAITING)
)
REVIVE_MESSAGE = sql(
    _M.update({_M.at: P, _M.due: SQL("0"), _M.attempt: SQL("0"), _M.dead: SQL("NULL")}).where(
        _M.id == P
    )
)
# With the function that the writer's connection has for it: most of the row stays as it is.
MARK_MESSAGE = sql(
    _M.update(
        {
            _M.mark: fn.mark_of(
                *(
                    f.cast("BLOB") if f.name in JSON_FIELDS else f
                    for f in _M._meta.sorted_fields[:-1]
                )
            )
        }
    ).where(_M.id == P)
)
BURY_MESSAGE = sql(_M.update({_M.dead: P}).where(_M.id == P))
_DEAD = SQL("dead IS NOT NULL")
DROP_MESSAGE = sql(_M.delete().where((_M.id == P) & _DEAD))
# What it has sent to others goes its way; what is for itself alone ends with it.
NAMED = SQL("name IS NOT NULL")
DELETE_PENDING = sql(_M.delete().where((_M.receiver == P) & NAMED))
DELETE_WORKFLOW = sql(_W.delete().where(_W.id == P))
DELETE_ENTRIES = sql(_T.delete().where((_T.workflow == P) & (_T.sequence <= P)))
DELETE_CHECKPOINTS = sql(_C.delete().where((_C.workflow == P) & (_C.sequence < P)))
SET_FIRST = sql(_W.update({_W.first_sequence: P, _W.first_at: P}).where(_W.number == P))

DEFINE = sql(
    _D.insert({_D.type: P, _D.version: P, _D.definition: _JSON, _D.mark: P}).on_conflict_replace()
)

MOVE_CURSOR = sql(
    SubscriptionRow.insert(
        {SubscriptionRow.name: P, SubscriptionRow.entry: P, SubscriptionRow.mark: P}
    ).on_conflict_replace()
)
REMOVE_CURSOR = sql(SubscriptionRow.delete().where(SubscriptionRow.name == P))

# --- reading ---

_RECORD = (
    _W.number,
    _W.id,
    _W.type,
    _W.version,
    _W.sequence,
    _W.first_sequence,
    _W.configuration.cast("BLOB"),
    _W.finished,
    _W.created_at,
    _W.updated_at,
)
_ENTRY = (
    _T.sequence,
    _T.kind,
    _T.at,
    _T.event,
    _T.data.cast("BLOB"),
    _T.key,
    _T.source.cast("BLOB"),
    _T.target.cast("BLOB"),
    _T.duration,
    _T.history.cast("BLOB"),
    _T.context.cast("BLOB"),
    _T.result.cast("BLOB"),
    _T.error.cast("BLOB"),
    _T.details.cast("BLOB"),
    _T.checksum,
    _T.id,
)
_CHECKPOINT = (
    _C.sequence,
    _C.at,
    _C.configuration.cast("BLOB"),
    _C.history.cast("BLOB"),
    _C.context.cast("BLOB"),
    _C.checksum,
)

_MESSAGE = (
    _M.id,
    _M.sender,
    _M.sequence,
    _M.receiver,
    _M.event,
    _M.data.cast("BLOB"),
    _M.at,
    _M.dead,
    _M.kind,
    _M.due,
    _M.name,
    _M.attempt,
    _M.options.cast("BLOB"),
)


def _messages(where: Any) -> str:
    kind = SQL("kind = COALESCE(?, kind)")
    where = where & kind & (_M.due <= P) & (_M.id > P)
    return sql(_M.select(*_MESSAGE).where(where).order_by(_M.id).limit(P))


MESSAGES = _messages(_WAITING)
MESSAGE = sql(_M.select(*_MESSAGE).where(_M.id == P))
MESSAGES_FOR = _messages(_WAITING & (_M.receiver == P))
DEAD_MESSAGES = _messages(SQL("dead IS NOT NULL"))
DEAD_MESSAGES_FOR = _messages(SQL("dead IS NOT NULL") & (_M.receiver == P))
DUE = sql(
    _M.select(*_MESSAGE)
    .where(_WAITING & SQL("(due, id) > (?, ?)") & (_M.due <= P))
    .order_by(_M.due, _M.id)
    .limit(P)
)
PENDING = sql(_M.select(*_MESSAGE).where((_M.receiver == P) & NAMED).order_by(_M.id))
MESSAGE_WAITS = sql(_M.select(_M.id).where((_M.id == P) & _WAITING))
LAST_MESSAGE = sql(_M.select(fn.MAX(_M.id)))
LAST_NUMBER = sql(_W.select(fn.MAX(_W.number)))
LAST_ENTRY = sql(_T.select(fn.MAX(_T.id)))
FIND = sql(_W.select(*_RECORD).where(_W.id == P))
BY_NUMBER = sql(_W.select(*_RECORD).where(_W.number == P))
PAGE = sql(_W.select(*_RECORD).where(_W.number > P).order_by(_W.number).limit(P))
# One step of a loose index scan: the next combination that occurs. A comparison of all three
# columns at once would walk over each row of the present one.
_STATE = (_W.type, _W.configuration, _W.finished)


def _first_state(where: Any) -> str:
    return sql(_W.select(*_STATE).where(where).order_by(*_STATE).limit(SQL("1")))


NEXT_FINISHED = _first_state(
    (_W.type == P) & (_W.configuration == P) & (_W.finished > P),
)
NEXT_CONFIGURATION = _first_state((_W.type == P) & (_W.configuration > P))
NEXT_TYPE = _first_state(_W.type > P)
IN_STATE = sql(
    _W.select(_W.number)
    .where((_W.type == P) & (_W.configuration == P) & (_W.finished == P) & (_W.number > P))
    .order_by(_W.number)
    .limit(P)
)
_COUNT = (_W.type, _W.configuration.cast("BLOB"), fn.COUNT(SQL("*")))
TALLY = sql(_W.select(*_COUNT).group_by(_W.type, _W.configuration))

_RANGE = (_T.workflow == P) & (_T.sequence > P) & (_T.sequence <= P)
ENTRIES = sql(_T.select(*_ENTRY).where(_RANGE).order_by(_T.sequence).limit(P))
LAST_ENTRIES = sql(_T.select(*_ENTRY).where(_RANGE).order_by(_T.sequence.desc()).limit(P))
BY_KEY = sql(_T.select(*_ENTRY).where((_T.workflow == P) & (_T.key == P)))
KEY_USED = sql(_T.select(_T.sequence).where((_T.workflow == P) & (_T.key == P)))
TIMES = sql(_T.select(_T.sequence, _T.at).where(_T.workflow == P).order_by(_T.sequence))
# A workflow with its last checkpoint, and whether something of its own is pending: three tables,
# but one statement for each that is activated.
_IS_PENDING = fn.EXISTS(_M.select(_M.id).where((_M.receiver == _W.id) & NAMED))
LOAD = sql(
    _W.select(*_RECORD, *_CHECKPOINT, _IS_PENDING)
    .left_outer_join(_C, on=(_C.workflow == _W.number))
    .where(_W.id == P)
    .order_by(_C.sequence.desc())
    .limit(SQL("1"))
)
CHECKPOINTS = sql(_C.select(*_CHECKPOINT).where(_C.workflow == P).order_by(_C.sequence))
CHECKPOINT = sql(
    _C.select(*_CHECKPOINT)
    .where((_C.workflow == P) & (_C.sequence <= P))
    .order_by(_C.sequence.desc())
    .limit(SQL("1"))
)

DEFINITIONS = sql(_D.select(_D.type, _D.version, _D.definition.cast("BLOB")))

COMMITTED = sql(
    _T.select(*_ENTRY, *_RECORD)
    .join(_W, on=(_W.number == _T.workflow))
    .where(_T.id > P)
    .order_by(_T.id)
    .limit(P)
)
CURSORS = sql(SubscriptionRow.select(SubscriptionRow.name, SubscriptionRow.entry))
FIRST_ENTRY = sql(_T.select(fn.MIN(_T.id)))


# The first condition of each is the index's own, word for word: that is how SQLite knows it.
PAST_AGE = sql(
    _W.select(_W.number)
    .where(SQL("sequence > first_sequence") & (_W.first_at < P))
    .order_by(_W.first_at)
    .limit(P)
)
PAST_COUNT = sql(
    _W.select(_W.number)
    .where(SQL(f"sequence - first_sequence >= {LONG}") & SQL("sequence - first_sequence >= ?"))
    .limit(P)
)
PAST_SMALL_COUNT = sql(_W.select(_W.number).where(SQL("sequence - first_sequence >= ?")).limit(P))
