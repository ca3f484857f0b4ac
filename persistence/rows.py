"""Rows of the tables to records, and records to rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from . import statements
from .errors import StoreDamaged
from .marks import CHECKSUM, mark_of, numbered
from .records import (
    ChartState,
    Checkpoint,
    Entry,
    Kind,
    Message,
    MessageKind,
    WorkflowRecord,
)

Row = Sequence[Any]
Insert = tuple[str, Row]
"""A statement, and the values for it."""

_encode = msgspec.json.Encoder().encode
_decode_states = msgspec.json.Decoder(tuple[str, ...]).decode
_decode_history = msgspec.json.Decoder(dict[str, tuple[str, ...]]).decode
_KINDS = {kind.value: kind for kind in Kind}
_MESSAGE_KINDS = {kind.value: kind for kind in MessageKind}

# Workflows of one class share few configurations, so each is turned into text, and back, once.
_MOST = 10_000
_texts: dict[tuple[str, ...], str] = {}
_states: dict[bytes, tuple[str, ...]] = {}


def text_of(states: tuple[str, ...]) -> str:
    """Return a list of state ids as compact JSON text."""
    text = _texts.get(states)
    if text is None:
        if len(_texts) >= _MOST:
            _texts.clear()
        text = _texts[states] = _encode(states).decode()
    return text


def states_of(text: bytes) -> tuple[str, ...]:
    """Return the state ids of JSON text; the same tuple for the same text."""
    states = _states.get(text)
    if states is None:
        if len(_states) >= _MOST:
            _states.clear()
        states = _states[text] = _decode_states(text)
    return states


def new_workflow_row(record: WorkflowRecord, number: int, first_at: int) -> Row:
    """Return the row of a workflow that the store doesn't have yet."""
    configuration = text_of(record.configuration)
    return (
        number,
        record.id,
        record.type,
        record.version,
        record.sequence,
        record.first_sequence,
        configuration,
        int(record.finished),
        record.created_at,
        record.updated_at,
        first_at,
        _workflow_mark(record, number, configuration, int(record.finished)),
    )


def changed_row(record: WorkflowRecord, number: int, base: int) -> Row:
    """Return the values that change a workflow's row, and say which row: of which sequence."""
    configuration = _texts.get(record.configuration) or text_of(record.configuration)
    finished = int(record.finished)
    return (
        record.version,
        record.sequence,
        configuration,
        finished,
        record.updated_at,
        _workflow_mark(record, number, configuration, finished),
        number,
        base,
    )


def _workflow_mark(record: WorkflowRecord, number: int, configuration: str, finished: int) -> int:
    """Return the mark of a workflow's row; which entries are kept has no part in it."""
    return mark_of(
        number,
        record.id,
        record.type,
        record.version,
        record.sequence,
        configuration,
        finished,
        record.created_at,
        record.updated_at,
    )


def entry_insert(id: int, number: int, entry: Entry) -> Insert:
    """Return what writes a history entry.

    Each step pays for it. Bytes, like None, are to sqlite3 what might have to be adapted, and to
    find out takes longer than to write it: so JSON goes in as text, and a checksum as a bytearray.
    """
    row: list[Any] = [id, number, entry.sequence, entry.kind._value_, entry.at, entry.event]
    there = 0
    if entry.data is not None:
        row.append(entry.data.decode())
        there |= 1
    if entry.key is not None:
        row.append(entry.key)
        there |= 2
    row.append(_texts.get(entry.source) or text_of(entry.source))
    row.append(_texts.get(entry.target) or text_of(entry.target))
    row.append(entry.duration)
    if entry.history is not None:
        row.append(entry.history.decode())
        there |= 4
    if entry.context is not None:
        row.append(entry.context.decode())
        there |= 8
    if entry.result is not None:
        row.append(entry.result.decode())
        there |= 16
    if entry.error is not None:
        row.append(entry.error.decode())
        there |= 32
    if entry.details is not None:
        row.append(entry.details.decode())
        there |= 64
    row.append(bytearray(numbered(id, entry.checksum)))
    return statements.INSERT_ENTRY(there), row


def checkpoint_row(number: int, checkpoint: Checkpoint) -> Row:
    """Return the row of a checkpoint; SQLite numbers it."""
    history = _encode(checkpoint.chart.history)
    row = (
        number,
        checkpoint.sequence,
        checkpoint.at,
        text_of(checkpoint.chart.configuration),
    )
    mark = mark_of(*row, history, checkpoint.context, checkpoint.checksum)
    return (*row, history.decode(), checkpoint.context.decode(), checkpoint.checksum, mark)


def message_insert(message: Message) -> Insert:
    """Return what writes a message."""
    row = (
        message.id,
        message.sender,
        message.sequence,
        message.receiver,
        message.event,
        message.data,
        message.at,
        message.dead,
        message.kind._value_,
        message.due,
        message.name,
        message.attempt,
        message.options,
    )
    there = (
        (message.data is not None)
        | (message.dead is not None) << 1
        | (message.name is not None) << 2
        | (message.options is not None) << 3
    )
    given = [v.decode() if type(v) is bytes else v for v in row if v is not None]
    return statements.INSERT_MESSAGE(there), (*given, mark_of(*row))


def message_of(row: Row) -> Message:
    """Return the message of a row of `messages`.

    Raises:
        StoreDamaged: its kind is none of ours.
    """
    id, sender, sequence, receiver, event, data, at, dead, kind, due, name, attempt, options = row
    known = _MESSAGE_KINDS.get(kind)
    if known is None:
        raise StoreDamaged(f"Message {id} in the store is damaged: its kind is {kind!r}.")
    for value in (sender, receiver, event, name or "", dead or ""):
        if type(value) is not str:
            raise StoreDamaged(f"Message {id} in the store is damaged: {value!r} is no text.")
    for number in (sequence, at, due, attempt):
        if type(number) is not int:
            raise StoreDamaged(f"Message {id} in the store is damaged: {number!r} is no integer.")
    return Message(
        id, sender, sequence, receiver, event, data, at, dead, known, due, name, attempt, options
    )


def record_of(row: Row) -> WorkflowRecord:
    """Return the record of a row of `workflows`.

    Raises:
        StoreDamaged: it has a value that was never written.
    """
    number, id, type, version, sequence, first, configuration, finished, created, updated = row
    try:
        if finished not in (0, 1):
            raise ValueError(f"finished is {finished!r}")
        states = states_of(configuration)
    except (msgspec.MsgspecError, ValueError, TypeError) as error:
        raise StoreDamaged(
            f"The row of workflow {id!r} in the store is damaged: {error}.",
            workflow_id=id,
            number=number,
        ) from error
    return WorkflowRecord(
        number, id, type, version, sequence, first, states, bool(finished), created, updated
    )


def entry_of(row: Row, number: int) -> Entry:
    """Return the entry of a row of `state_transitions`.

    Raises:
        StoreDamaged: its kind or its states can't be read.
    """
    kind, source, target = row[1], row[6], row[7]
    at, event, data, key = row[2:6]
    duration, history, context, result, error_, details, checksum, id = row[8:]
    try:
        return Entry(
            row[0],
            _KINDS[kind],
            at,
            event,
            data,
            key,
            states_of(source),
            states_of(target),
            duration,
            history,
            context,
            result,
            error_,
            details,
            checksum[:CHECKSUM],
            id,
        )
    except (msgspec.MsgspecError, ValueError, TypeError, KeyError) as error:
        what = f"its kind is {kind!r}" if isinstance(error, KeyError) else str(error)
        raise StoreDamaged(
            f"Entry {row[0]} of workflow number {number} in the store is damaged: {what}.",
            number=number,
            sequence=row[0],
        ) from error


def checkpoint_of(row: Row, number: int) -> Checkpoint:
    """Return the checkpoint of a row of `workflow_checkpoints`.

    Raises:
        StoreDamaged: its configuration or history values can't be read.
    """
    sequence, at, configuration, history, context, checksum = row
    try:
        chart = ChartState(states_of(configuration), _decode_history(history))
    except (msgspec.MsgspecError, ValueError, TypeError) as error:
        raise StoreDamaged(
            f"The checkpoint at {sequence} of workflow number {number} in the store is damaged: "
            f"{error}.",
            number=number,
            sequence=sequence,
        ) from error
    return Checkpoint(sequence, at, chart, context, checksum)
