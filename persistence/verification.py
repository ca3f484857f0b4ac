"""Checks a store: that the history is whole, and that everything else follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from .chain import checksum
from .changes import diff
from .errors import StoreDamaged, WorkflowNotFound
from .outstanding import Name, outstanding
from .records import Checkpoint, Entry, Kind, Message, MessageKind, Problem, WorkflowRecord
from .recovery import BLANK, fold
from .store import Store

_PAGE = 1000
_decode = msgspec.json.Decoder().decode


def verify(store: Store, workflow_id: str | None = None) -> Iterator[Problem]:
    """Yield everything that is wrong with a store; nothing when it is sound.

    Each workflow is read from one state of the store, so a running system may go on meanwhile.

    Arguments:
        store: the store.
        workflow_id: only this workflow, not the file as such.

    Raises:
        WorkflowNotFound: there is no workflow with this id.

    Example:
        >>> for problem in verify(SqliteStore("orders.db", read_only=True)):
        ...     print(problem.workflow_id, problem.sequence, problem.what)
    """
    if workflow_id is not None:
        if store.find(workflow_id) is None:
            raise WorkflowNotFound(
                f"There is no workflow {workflow_id!r} to verify.", workflow_id=workflow_id
            )
        for what in store.damage(workflow_id):
            yield Problem(workflow_id, None, what)
        yield from _verify(store, workflow_id)
        return
    for what in store.damage():
        yield Problem(None, None, what)
    for found in _walk(store):
        if isinstance(found, Problem):
            yield found
        else:
            yield from _verify(store, found.id)


def _walk(store: Store) -> Iterator[WorkflowRecord | Problem]:
    """Yield every row that can be read, and a problem for each that can't."""
    after, limit = 0, _PAGE
    while True:
        try:
            page = store.list(after=after, limit=limit)
        except StoreDamaged as error:
            if limit > 1:
                # Somewhere in this page: it is found by going on one at a time.
                limit = 1
                continue
            yield Problem(error.workflow_id, error.sequence, str(error))
            if error.number is None or error.number <= after:
                yield Problem(None, None, f"Workflows after number {after} can't be listed")
                return
            after = error.number
            continue
        # A damaged tree may lead round in a circle.
        for record in page:
            if record.number <= after:
                yield Problem(None, None, f"Workflows after number {after} can't be listed")
                return
            yield record
            after = record.number
        if not page:
            return


def _verify(store: Store, workflow_id: str) -> list[Problem]:
    problems: list[Problem] = []
    try:
        with store.reading():
            record = store.find(workflow_id)
            if record is not None:
                checkpoints = store.checkpoints(record.number)
                left: dict[Name, int] = {}
                entries = outstanding(_entries(store, record.number), left)
                problems.extend(check(record, checkpoints, entries))
                problems.extend(_check_pending(record, store.pending(workflow_id), left))
    except StoreDamaged as error:
        what = f"{error} What comes after it was not checked"
        problems.append(Problem(workflow_id, error.sequence, what))
    except (TypeError, ValueError) as error:  # a value of another type than its column's
        what = f"It can't be checked to its end: {error}"
        problems.append(Problem(workflow_id, None, what))
    return problems


def _check_pending(
    record: WorkflowRecord, pending: Sequence[Message], left: Mapping[Name, int]
) -> Iterator[Problem]:
    names: set[str | None] = set()
    for message in pending:
        if message.sequence > record.sequence:
            what = f"The {message.kind} {message.name!r} is of a step that is not in the history"
            yield Problem(record.id, message.sequence, what)
        if message.kind is MessageKind.TIMER:
            if message.name in names:
                what = f"The timer {message.name!r} is there twice"
                yield Problem(record.id, message.sequence, what)
            names.add(message.name)
    there = {(message.kind.value, message.name) for message in pending}
    for (kind, name), sequence in left.items():
        if (kind, name) not in there:
            yield Problem(record.id, sequence, f"The {kind} {name!r} that it has set is missing")


def _entries(store: Store, number: int) -> Iterator[Entry]:
    after = 0
    while True:
        page = store.entries(number, after=after, first=_PAGE)
        yield from page
        if len(page) < _PAGE or page[-1].sequence <= after:
            return
        after = page[-1].sequence


def check(
    record: WorkflowRecord, checkpoints: Sequence[Checkpoint], entries: Iterable[Entry]
) -> Iterator[Problem]:
    """Yield what is wrong with one workflow.

    Arguments:
        record: its row.
        checkpoints: all of its checkpoints.
        entries: all of its entries, oldest first.
    """

    def problem(sequence: int | None, what: str) -> Problem:
        return Problem(record.id, sequence, what)

    first = record.first_sequence
    if not 1 <= first <= record.sequence:
        yield problem(None, f"Its first step, {first}, is not within 1 to {record.sequence}")
    unseen = {checkpoint.sequence: checkpoint for checkpoint in checkpoints}
    state: Checkpoint | None = BLANK if first <= 1 else unseen.pop(first - 1, None)
    if state is None:
        yield problem(first - 1, "The checkpoint from which retention left off is missing")
    if first <= 1 and 1 not in unseen:
        yield problem(1, "The checkpoint of its creation is missing")
    # What the next entry has to start from; None when damage has made that unknown.
    previous = None if state is None else state.checksum
    before = None if state is None else state.chart.configuration
    expected, last = first, None
    version: int | None = None  # unknown before the first migration that is kept
    for entry in entries:
        sequence = entry.sequence
        if sequence < expected:
            yield problem(sequence, f"The entry is before the first one kept, {first}")
            continue
        if sequence > expected:
            yield problem(expected, _missing(expected, sequence - 1))
            state = unseen.get(sequence - 1)
            previous = None if state is None else state.checksum
            before = None if state is None else state.chart.configuration
        expected = sequence + 1
        if sequence > record.sequence:
            yield problem(sequence, f"The entry is beyond the last step, {record.sequence}")
        for what in _wrong(record, entry, previous, before):
            yield problem(sequence, what)
        if last is not None and last.id > 0 and entry.id <= last.id:
            yield problem(sequence, "The entry was committed before the one that it follows")
        if entry.kind is Kind.MIGRATED:
            was, version = version, _versions(entry)[1]
            if version is None or was not in (None, _versions(entry)[0]):
                yield problem(sequence, "The migration does not follow on the version before")
        if state is not None:
            try:
                state = fold(state, (entry,))
            except StoreDamaged as error:
                yield problem(sequence, str(error))
                state = None
        if (checkpoint := unseen.pop(sequence, None)) is not None:
            for what in _differences(checkpoint, state, entry):
                yield problem(sequence, what)
            state = checkpoint
        previous, before, last = entry.checksum, entry.target, entry
    if expected <= record.sequence:
        yield problem(expected, _missing(expected, record.sequence))
    elif last is not None:
        if record.configuration != last.target:
            yield problem(
                last.sequence,
                f"The workflow's row says {list(record.configuration)}, and its last step ended "
                f"in {list(last.target)}",
            )
        if record.updated_at != last.at:
            yield problem(last.sequence, "The workflow's row has another time than its last step")
    if version is not None and version != record.version:
        yield problem(
            None,
            f"The workflow's row says version {record.version}, and its history {version}",
        )
    for sequence in unseen:
        yield problem(sequence, "The checkpoint is of a step that is not in the history")


def _versions(entry: Entry) -> tuple[int | None, int | None]:
    """Return from which version to which a migration led; None when that can't be read."""
    try:
        data = _decode(entry.data or b"")
        return int(data["from"]), int(data["to"])
    except (msgspec.MsgspecError, ValueError, TypeError, LookupError):
        return None, None


def _missing(first: int, last: int) -> str:
    if first == last:
        return f"Entry {first} is missing"
    return f"Entries {first} to {last} are missing"


def _wrong(
    record: WorkflowRecord,
    entry: Entry,
    previous: bytes | None,
    before: tuple[str, ...] | None,
) -> Iterator[str]:
    if (entry.kind is Kind.CREATED) != (entry.sequence == 1):
        yield f"The entry's kind is {entry.kind.value!r}, which does not fit its place"
    if before is not None and entry.source != before:
        yield (
            f"The transition starts in {list(entry.source)}, and the one before it ended in "
            f"{list(before)}"
        )
    if previous is not None and checksum(previous, record.id, entry) != entry.checksum:
        yield "The checksum does not fit: this entry, or its link to the one before, was changed"
    for name in ("data", "result", "error", "details"):
        value = getattr(entry, name)
        try:
            if value is not None:
                _decode(value)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            yield f"The entry's {name} is not JSON: {error}"


def _differences(checkpoint: Checkpoint, state: Checkpoint | None, entry: Entry) -> Iterator[str]:
    if checkpoint.checksum != entry.checksum:
        yield "The checkpoint's checksum is not that of its entry"
    if checkpoint.at != entry.at:
        yield "The checkpoint's time is not that of its entry"
    if state is None:
        return
    if checkpoint.chart != state.chart:
        yield "The checkpoint's states are not those that the history leads to"
    try:
        context = _decode(checkpoint.context)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        yield f"The checkpoint's context is not JSON: {error}"
        return
    if (change := diff(_decode(state.context), context)) is not None:
        fields = sorted({*change.get("+", ()), *change.get("-", ()), *change.get("~", ())})
        where = f" in {', '.join(map(repr, fields[:5]))}" if fields else ""
        yield f"The checkpoint's context differs{where} from what the history leads to"
