"""A workflow with its whole history as one JSON document, and back, equal to the byte."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from .errors import BadDocument, StoreDamaged, WorkflowNotFound
from .records import (
    ChartState,
    Checkpoint,
    Entry,
    Kind,
    Message,
    MessageKind,
    WorkflowRecord,
)
from .store import Store
from .verification import check

FORMAT = "repertory workflow"
VERSION = 1

_Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
_Int = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
_States = tuple[str, ...]
_JSON = ("data", "history", "context", "result", "error", "details")


class _Strict(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    pass


class _Workflow(_Strict):
    id: str
    type: str
    version: _Int
    sequence: _Int
    first_sequence: _Int
    configuration: _States
    finished: bool
    created_at: _Int
    updated_at: _Int


class _Checkpoint(_Strict):
    sequence: _Int
    at: _Int
    configuration: _States
    history: dict[str, _States]
    context: Raw
    checksum: str


class _Entry(_Strict):
    sequence: _Int
    kind: Kind
    at: _Int
    event: str
    source: _States
    target: _States
    duration: _Int
    checksum: str
    key: str | None = None
    # A null is a value; what is not there is left out.
    data: Raw | UnsetType = UNSET
    history: Raw | UnsetType = UNSET
    context: Raw | UnsetType = UNSET
    result: Raw | UnsetType = UNSET
    error: Raw | UnsetType = UNSET
    details: Raw | UnsetType = UNSET


class _Pending(_Strict):
    kind: MessageKind
    name: str
    sequence: _Int
    event: str
    at: _Int
    due: _Count = 0
    attempt: _Count = 0
    data: Raw | UnsetType = UNSET
    options: Raw | UnsetType = UNSET


class _Head(msgspec.Struct):
    format: str
    version: int


class _Document(_Strict):
    format: str
    version: int
    workflow: _Workflow
    checkpoints: list[_Checkpoint]
    entries: list[_Entry]
    pending: list[_Pending] = []


def export_workflow(store: Store, workflow_id: str) -> bytes:
    """Return a workflow with its history, checkpoints and timers as a JSON document.

    Importing it elsewhere and exporting it again gives the same bytes.

    Arguments:
        store: where it is.
        workflow_id: which one.

    Raises:
        WorkflowNotFound: there is none with this id.
        StoreDamaged: what is stored is not JSON.
    """
    with store.reading():
        record = store.find(workflow_id)
        if record is None:
            raise WorkflowNotFound(
                f"There is no workflow {workflow_id!r} to export.", workflow_id=workflow_id
            )
        checkpoints = store.checkpoints(record.number)
        entries = store.entries(record.number)
        pending = [message for message in store.pending(workflow_id) if message.dead is None]
    document = _Document(
        format=FORMAT,
        version=VERSION,
        workflow=_Workflow(**{name: getattr(record, name) for name in _Workflow.__struct_fields__}),
        checkpoints=[
            _Checkpoint(
                sequence=c.sequence,
                at=c.at,
                configuration=c.chart.configuration,
                history=c.chart.history,
                context=_raw(record, c.sequence, "context", c.context),
                checksum=c.checksum.hex(),
            )
            for c in checkpoints
        ],
        entries=[_entry_out(record, entry) for entry in entries],
        pending=[_pending_out(record, message) for message in pending],
    )
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def _entry_out(record: WorkflowRecord, entry: Entry) -> _Entry:
    nested: dict[str, Any] = {
        name: _raw(record, entry.sequence, name, value)
        for name in _JSON
        if (value := getattr(entry, name)) is not None
    }
    return _Entry(
        sequence=entry.sequence,
        kind=entry.kind,
        at=entry.at,
        event=entry.event,
        source=entry.source,
        target=entry.target,
        duration=entry.duration,
        checksum=entry.checksum.hex(),
        key=entry.key,
        **nested,
    )


def _pending_out(record: WorkflowRecord, message: Message) -> _Pending:
    assert message.name is not None
    nested = {
        name: _raw(record, message.sequence, name, value)
        for name in ("data", "options")
        if (value := getattr(message, name)) is not None
    }
    return _Pending(
        kind=message.kind,
        name=message.name,
        sequence=message.sequence,
        event=message.event,
        at=message.at,
        due=message.due,
        attempt=message.attempt,
        **nested,
    )


def _raw(record: WorkflowRecord, sequence: int, name: str, value: bytes) -> Raw:
    # The document is indented; only compact JSON can be got back from it as it was.
    try:
        compact = msgspec.json.format(value, indent=-1)
    except msgspec.MsgspecError:
        compact = b""
    if compact != value:
        raise StoreDamaged(
            f"The {name} at step {sequence} of workflow {record.id!r} is not compact JSON; "
            "verify the store.",
            workflow_id=record.id,
            number=record.number,
            sequence=sequence,
        )
    return Raw(value)


def import_workflow(store: Store, document: bytes) -> WorkflowRecord:
    """Write an exported workflow into a store, where it gets a number of its own.

    Arguments:
        store: where to.
        document: what `export_workflow` returned.

    Raises:
        BadDocument: it is no such document, or its history does not hold together.
        WorkflowExists: the store has a workflow with this id.
    """
    try:
        document.decode()  # what is taken over as it is may be no UTF-8
        head = msgspec.json.decode(document, type=_Head)
        if head.format != FORMAT:
            raise BadDocument(f"The document is a {head.format!r:.60}, not a {FORMAT!r}.")
        if head.version != VERSION:
            raise BadDocument(
                f"The document has version {head.version}, and this installation reads version "
                f"{VERSION}; use the repertory that wrote it, or a newer one."
            )
        read = msgspec.json.decode(document, type=_Document)
        record = WorkflowRecord(
            number=0, **{n: getattr(read.workflow, n) for n in _Workflow.__struct_fields__}
        )
        checkpoints = [_checkpoint_in(c) for c in read.checkpoints]
        entries = [_entry_in(e) for e in read.entries]
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadDocument(f"The document is not an exported workflow: {error}.") from error
    for problem in check(record, checkpoints, entries):
        where = "" if problem.sequence is None else f" at step {problem.sequence}"
        raise BadDocument(
            f"The document's workflow {record.id!r} is damaged{where}: {problem.what}."
        )
    sequences = [c.sequence for c in checkpoints]
    if sequences != sorted(set(sequences)):
        raise BadDocument(f"The checkpoints of workflow {record.id!r} are not in order.")
    keys = [entry.key for entry in entries if entry.key is not None]
    if len(keys) != len(set(keys)):
        raise BadDocument(f"Workflow {record.id!r} has an idempotency key twice.")
    if any(message.sequence > record.sequence for message in read.pending):
        raise BadDocument(f"Workflow {record.id!r} has a timer of a step that is yet to come.")
    pending = [_pending_in(store, record, message) for message in read.pending]
    store.insert(record, checkpoints, entries, pending)
    found = store.find(record.id)
    assert found is not None
    return found


def _checkpoint_in(read: _Checkpoint) -> Checkpoint:
    chart = ChartState(read.configuration, read.history)
    context = msgspec.json.format(bytes(read.context), indent=-1)
    return Checkpoint(read.sequence, read.at, chart, context, bytes.fromhex(read.checksum))


def _entry_in(read: _Entry) -> Entry:
    return Entry(
        sequence=read.sequence,
        kind=read.kind,
        at=read.at,
        event=read.event,
        key=read.key,
        source=read.source,
        target=read.target,
        duration=read.duration,
        checksum=bytes.fromhex(read.checksum),
        data=_compact(read.data),
        history=_compact(read.history),
        context=_compact(read.context),
        result=_compact(read.result),
        error=_compact(read.error),
        details=_compact(read.details),
    )


def _pending_in(store: Store, record: WorkflowRecord, read: _Pending) -> Message:
    return Message(
        store.allocate_message(),
        record.id,
        read.sequence,
        record.id,
        read.event,
        _compact(read.data),
        read.at,
        kind=read.kind,
        due=read.due,
        name=read.name,
        attempt=read.attempt,
        options=_compact(read.options),
    )


def _compact(read: Raw | UnsetType) -> bytes | None:
    return None if read is UNSET else msgspec.json.format(bytes(read), indent=-1)
