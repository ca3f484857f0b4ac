"""The SQL statements that look for damage: rows that were changed, and rows that lead nowhere."""

from __future__ import annotations

from typing import Any

from peewee import SQL, BlobField, ForeignKeyField, IntegerField, TextField, fn

from .models import (
    MODELS,
    CheckpointRow,
    DefinitionRow,
    MessageRow,
    SubscriptionRow,
    TransitionRow,
    WorkflowRow,
)
from .statements import JSON_FIELDS, NAMED, P, sql

_W, _T, _C, _M = WorkflowRow, TransitionRow, CheckpointRow, MessageRow
_D, _S = DefinitionRow, SubscriptionRow

Marked = dict[str, tuple[str, list[bool]]]
"""By what the rows are called: what selects their names, marks and values, and which are text."""


def _marked(model: Any, name: Any, *unmarked: Any, where: Any = None) -> tuple[str, list[bool]]:
    left_out = {f.name for f in (*unmarked, model.mark)}  # fields compare into SQL
    fields = [f for f in model._meta.sorted_fields if f.name not in left_out]
    as_bytes = (f.cast("BLOB") if isinstance(f, TextField) else f for f in fields)
    texts = [isinstance(f, TextField) and f.name not in JSON_FIELDS for f in fields]
    rows = model.select(name, model.mark, *as_bytes)
    return sql(rows if where is None else rows.where(where)), texts


# The first entry that is kept moves with each trimming, and the history itself says which it is.
_UNMARKED = (_W.first_sequence, _W.first_at)
MARKED: Marked = {
    "row of workflow": _marked(_W, _W.id.cast("BLOB"), *_UNMARKED),
    "checkpoint": _marked(_C, _C.id, _C.id),
    "message": _marked(_M, _M.id),
    "definition of": _marked(_D, _D.type.cast("BLOB")),
    "subscription": _marked(_S, _S.name.cast("BLOB")),
}

_ITS_NUMBER = _C.workflow == _W.select(_W.number).where(_W.id == P)
MARKED_OF: Marked = {
    "row of workflow": _marked(_W, _W.id.cast("BLOB"), *_UNMARKED, where=_W.id == P),
    "checkpoint": _marked(_C, _C.id, _C.id, where=_ITS_NUMBER),
    "message": _marked(_M, _M.id, where=_M.receiver == P),
}
"""Those of one workflow, by its id."""

WRONG_FIRST_AT = sql(
    _W.select(_W.id)
    .join(_T, on=(_T.workflow == _W.number) & (_T.sequence == _W.first_sequence))
    .where(_T.at != _W.first_at)
)
ORPHANS = sql(
    _M.select(_M.id, _M.kind.cast("BLOB"), _M.sender.cast("BLOB"))
    .left_outer_join(_W, on=(_W.id == _M.sender))
    .where(NAMED & _W.number.is_null())
)


Typed = dict[str, tuple[str, list[str], list[tuple[str, ...]]]]
"""By table: what selects the rows with a value of a wrong type, and the types of all their values;
the columns; and what types each of them may have."""

_TYPES = {IntegerField: "integer", ForeignKeyField: "integer", TextField: "text", BlobField: "blob"}


def _typed(model: Any, where: Any = None) -> tuple[str, list[str], list[tuple[str, ...]]]:
    fields = model._meta.sorted_fields
    allowed: list[tuple[str, ...]] = [
        (_TYPES[type(f)], "null") if f.null else (_TYPES[type(f)],) for f in fields
    ]
    wrong = [
        f'typeof("t1"."{f.column_name}") NOT IN ({", ".join(map(repr, may))})'
        for f, may in zip(fields, allowed, strict=True)
    ]
    rows = model.select(SQL('"t1".rowid'), *map(fn.TYPEOF, fields)).where(
        SQL(f"({' OR '.join(wrong)})")
    )
    return (
        sql(rows if where is None else rows.where(where)),
        [f.column_name for f in fields],
        allowed,
    )


TYPES: Typed = {model._meta.table_name: _typed(model) for model in MODELS}
TYPES_OF: Typed = {
    "workflows": _typed(_W, _W.id == P),
    "state_transitions": _typed(_T, _T.workflow == _W.select(_W.number).where(_W.id == P)),
    "workflow_checkpoints": _typed(_C, _ITS_NUMBER),
    "messages": _typed(_M, _M.receiver == P),
}
"""Those of one workflow, by its id."""

NUMBERS = sql(_T.select(_T.id, _T.checksum))
AHEAD = sql(_S.select(_S.name).where(_S.entry > P))
