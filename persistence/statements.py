"""Every SQL statement of the store, compiled by Peewee once, when this module is imported.

Peewee writes the SQL, and sqlite3 runs it: building a query anew for each row costs ten times
what running it does. JSON is text in the file, so that people can read and query it there, and
comes out as bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, cast

from peewee import SQL, SqliteDatabase, TextField, fn

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

_P = SQL("?")
_JSON = _P.cast("TEXT")
_dialect = SqliteDatabase(None)


def _sql(query: Any) -> str:
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

INSERT_STORE = _sql(StoreRow.insert(dict.fromkeys(StoreRow._meta.sorted_fields, _P)))
RAISE_EPOCH = _sql(
    StoreRow.update(
        {
            StoreRow.epoch: StoreRow.epoch + SQL("1"),
            StoreRow.pid: _P,
            StoreRow.host: _P,
            StoreRow.since: _P,
        }
    )
)
EPOCH = _sql(StoreRow.select(StoreRow.epoch))
LAST_GIVEN = _sql(StoreRow.select(StoreRow.last_number, StoreRow.last_entry))
KEEP_LAST_GIVEN = _sql(
    StoreRow.update(
        {
            StoreRow.last_number: fn.MAX(StoreRow.last_number, _P),
            StoreRow.last_entry: fn.MAX(StoreRow.last_entry, _P),
        }
    )
)

# --- writing ---

INSERT_WORKFLOW = _sql(_W.insert(dict.fromkeys(_W._meta.sorted_fields, _P)))
_UPDATE_WORKFLOW = _W.update(
    {
        _W.version: _P,
        _W.sequence: _P,
        _W.configuration: _P,
        _W.finished: _P,
        _W.updated_at: _P,
        _W.mark: _P,
    }
).where((_W.number == _P) & (_W.sequence == _P))
UPDATE_WORKFLOW = _sql(_UPDATE_WORKFLOW)
UPDATE_WORKFLOW_IN_EPOCH = _sql(_UPDATE_WORKFLOW.where(StoreRow.select(StoreRow.epoch) == _P))
_JSON_FIELDS = {
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
        return _sql(model.insert({f: _P for f in fields if f.name not in empty}))

    return insert


INSERT_ENTRY = _insert(_T)
INSERT_MESSAGE = _insert(_M)
INSERT_CHECKPOINT = _sql(
    _C.insert(dict.fromkeys(_C._meta.sorted_fields[1:], _P)).on_conflict_replace()
)
_WAITING = SQL("dead IS NULL")
TAKE_MESSAGE = _sql(_M.delete().where((_M.id == _P) & _WAITING))
CANCEL_MESSAGE = _sql(_M.delete().where(_M.id == _P))
POSTPONE_MESSAGE = _sql(
    _M.update({_M.due: _P, _M.attempt: _P, _M.options: _JSON}).where((_M.id == _P) & _WAITING)
)
REVIVE_MESSAGE = _sql(
    _M.update({_M.at: _P, _M.due: SQL("0"), _M.attempt: SQL("0"), _M.dead: SQL("NULL")}).where(
        _M.id == _P
    )
)
# With the function that the writer's connection has for it: most of the row stays as it is.
MARK_MESSAGE = _sql(
    _M.update(
        {
            _M.mark: fn.mark_of(
                *(
                    f.cast("BLOB") if f.name in _JSON_FIELDS else f
                    for f in _M._meta.sorted_fields[:-1]
                )
            )
        }
    ).where(_M.id == _P)
)
BURY_MESSAGE = _sql(_M.update({_M.dead: _P}).where(_M.id == _P))
_DEAD = SQL("dead IS NOT NULL")
DROP_MESSAGE = _sql(_M.delete().where((_M.id == _P) & _DEAD))
# What it has sent to others goes its way; what is for itself alone ends with it.
_NAMED = SQL("name IS NOT NULL")
DELETE_PENDING = _sql(_M.delete().where((_M.receiver == _P) & _NAMED))
DELETE_WORKFLOW = _sql(_W.delete().where(_W.id == _P))
DELETE_ENTRIES = _sql(_T.delete().where((_T.workflow == _P) & (_T.sequence <= _P)))
DELETE_CHECKPOINTS = _sql(_C.delete().where((_C.workflow == _P) & (_C.sequence < _P)))
SET_FIRST = _sql(_W.update({_W.first_sequence: _P, _W.first_at: _P}).where(_W.number == _P))

DEFINE = _sql(
    _D.insert(
        {_D.type: _P, _D.version: _P, _D.definition: _JSON, _D.mark: _P}
    ).on_conflict_replace()
)

MOVE_CURSOR = _sql(
    SubscriptionRow.insert(
        {SubscriptionRow.name: _P, SubscriptionRow.entry: _P, SubscriptionRow.mark: _P}
    ).on_conflict_replace()
)
REMOVE_CURSOR = _sql(SubscriptionRow.delete().where(SubscriptionRow.name == _P))

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
    where = where & kind & (_M.due <= _P) & (_M.id > _P)
    return _sql(_M.select(*_MESSAGE).where(where).order_by(_M.id).limit(_P))


MESSAGES = _messages(_WAITING)
MESSAGE = _sql(_M.select(*_MESSAGE).where(_M.id == _P))
MESSAGES_FOR = _messages(_WAITING & (_M.receiver == _P))
DEAD_MESSAGES = _messages(SQL("dead IS NOT NULL"))
DEAD_MESSAGES_FOR = _messages(SQL("dead IS NOT NULL") & (_M.receiver == _P))
DUE = _sql(
    _M.select(*_MESSAGE)
    .where(_WAITING & SQL("(due, id) > (?, ?)") & (_M.due <= _P))
    .order_by(_M.due, _M.id)
    .limit(_P)
)
PENDING = _sql(_M.select(*_MESSAGE).where((_M.receiver == _P) & _NAMED).order_by(_M.id))
ORPHANS = _sql(
    _M.select(_M.id, _M.kind, _M.sender)
    .left_outer_join(_W, on=(_W.id == _M.sender))
    .where(_NAMED & _W.number.is_null())
)
MESSAGE_WAITS = _sql(_M.select(_M.id).where((_M.id == _P) & _WAITING))
LAST_MESSAGE = _sql(_M.select(fn.MAX(_M.id)))
LAST_NUMBER = _sql(_W.select(fn.MAX(_W.number)))
LAST_ENTRY = _sql(_T.select(fn.MAX(_T.id)))
FIND = _sql(_W.select(*_RECORD).where(_W.id == _P))
BY_NUMBER = _sql(_W.select(*_RECORD).where(_W.number == _P))
PAGE = _sql(_W.select(*_RECORD).where(_W.number > _P).order_by(_W.number).limit(_P))
# One step of a loose index scan: the next combination that occurs. A comparison of all three
# columns at once would walk over each row of the present one.
_STATE = (_W.type, _W.configuration, _W.finished)


def _first_state(where: Any) -> str:
    return _sql(_W.select(*_STATE).where(where).order_by(*_STATE).limit(SQL("1")))


NEXT_FINISHED = _first_state(
    (_W.type == _P) & (_W.configuration == _P) & (_W.finished > _P),
)
NEXT_CONFIGURATION = _first_state((_W.type == _P) & (_W.configuration > _P))
NEXT_TYPE = _first_state(_W.type > _P)
IN_STATE = _sql(
    _W.select(_W.number)
    .where((_W.type == _P) & (_W.configuration == _P) & (_W.finished == _P) & (_W.number > _P))
    .order_by(_W.number)
    .limit(_P)
)
_COUNT = (_W.type, _W.configuration.cast("BLOB"), fn.COUNT(SQL("*")))
TALLY = _sql(_W.select(*_COUNT).group_by(_W.type, _W.configuration))

_RANGE = (_T.workflow == _P) & (_T.sequence > _P) & (_T.sequence <= _P)
ENTRIES = _sql(_T.select(*_ENTRY).where(_RANGE).order_by(_T.sequence).limit(_P))
LAST_ENTRIES = _sql(_T.select(*_ENTRY).where(_RANGE).order_by(_T.sequence.desc()).limit(_P))
BY_KEY = _sql(_T.select(*_ENTRY).where((_T.workflow == _P) & (_T.key == _P)))
KEY_USED = _sql(_T.select(_T.sequence).where((_T.workflow == _P) & (_T.key == _P)))
TIMES = _sql(_T.select(_T.sequence, _T.at).where(_T.workflow == _P).order_by(_T.sequence))
CHECKPOINTS = _sql(_C.select(*_CHECKPOINT).where(_C.workflow == _P).order_by(_C.sequence))
CHECKPOINT = _sql(
    _C.select(*_CHECKPOINT)
    .where((_C.workflow == _P) & (_C.sequence <= _P))
    .order_by(_C.sequence.desc())
    .limit(SQL("1"))
)

DEFINITIONS = _sql(_D.select(_D.type, _D.version, _D.definition.cast("BLOB")))

COMMITTED = _sql(
    _T.select(*_ENTRY, *_RECORD)
    .join(_W, on=(_W.number == _T.workflow))
    .where(_T.id > _P)
    .order_by(_T.id)
    .limit(_P)
)
CURSORS = _sql(SubscriptionRow.select(SubscriptionRow.name, SubscriptionRow.entry))
FIRST_ENTRY = _sql(_T.select(fn.MIN(_T.id)))
AHEAD = _sql(SubscriptionRow.select(SubscriptionRow.name).where(SubscriptionRow.entry > _P))


def _marked(
    model: Any, name: Any, *unmarked: Any, where: Any = None
) -> tuple[str, list[bool]]:
    """Select what a row is called, its mark, and what that is of; tell which of this is text."""
    left_out = {f.name for f in (*unmarked, model.mark)}  # fields compare into SQL
    fields = [f for f in model._meta.sorted_fields if f.name not in left_out]
    as_bytes = (f.cast("BLOB") if isinstance(f, TextField) else f for f in fields)
    texts = [isinstance(f, TextField) and f.name not in _JSON_FIELDS for f in fields]
    rows = model.select(name, model.mark, *as_bytes)
    return _sql(rows if where is None else rows.where(where)), texts


_S = SubscriptionRow
# The first entry that is kept moves with each trimming, and the history itself says which it is.
MARKED = {
    "row of workflow": _marked(_W, _W.id.cast("BLOB"), _W.first_sequence, _W.first_at),
    "checkpoint": _marked(_C, _C.id, _C.id),
    "message": _marked(_M, _M.id),
    "definition of": _marked(_D, _D.type.cast("BLOB")),
    "subscription": _marked(_S, _S.name.cast("BLOB")),
}
# Those of one workflow, by its id.
_ITS_NUMBER = _C.workflow == _W.select(_W.number).where(_W.id == _P)
MARKED_OF = {
    "row of workflow": _marked(
        _W, _W.id.cast("BLOB"), _W.first_sequence, _W.first_at, where=_W.id == _P
    ),
    "checkpoint": _marked(_C, _C.id, _C.id, where=_ITS_NUMBER),
    "message": _marked(_M, _M.id, where=_M.receiver == _P),
}

WRONG_FIRST_AT = _sql(
    _W.select(_W.id)
    .join(_T, on=(_T.workflow == _W.number) & (_T.sequence == _W.first_sequence))
    .where(_T.at != _W.first_at)
)

# The first condition of each is the index's own, word for word: that is how SQLite knows it.
PAST_AGE = _sql(
    _W.select(_W.number)
    .where(SQL("sequence > first_sequence") & (_W.first_at < _P))
    .order_by(_W.first_at)
    .limit(_P)
)
PAST_COUNT = _sql(
    _W.select(_W.number)
    .where(SQL(f"sequence - first_sequence >= {LONG}") & SQL("sequence - first_sequence >= ?"))
    .limit(_P)
)
PAST_SMALL_COUNT = _sql(_W.select(_W.number).where(SQL("sequence - first_sequence >= ?")).limit(_P))
