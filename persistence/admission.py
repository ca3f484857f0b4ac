"""Which steps of a batch can be written, decided from what the store has: pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from .errors import RepertoryError, SerializationFailed, StaleStep, StoreError, WorkflowExists
from .records import Entry, Step, WorkflowRecord


def judge(
    steps: Sequence[Step],
    head: Callable[[int], int | None],
    taken: Callable[[str], bool],
    used: Callable[[int, str], bool],
    waits: Callable[[int], bool],
) -> list[RepertoryError | None]:
    """Return for each step None, or why it can't be written.

    A step whose predecessor was refused doesn't follow what is there, and so is refused too.

    Arguments:
        steps: in the order in which they would be written.
        head: the last sequence of the workflow with a number, None when there is none.
        taken: whether a workflow has an id.
        used: whether an idempotency key has left an entry in the workflow with a number.
        waits: whether the message with an id is on its way.
    """
    heads: dict[int, int | None] = {}
    ids: set[str] = set()
    keys: set[tuple[int, str]] = set()
    gone: set[int] = set()
    verdicts: list[RepertoryError | None] = []
    for step in steps:
        record, entry = step.record, step.entry
        number = record.number
        if number not in heads:
            heads[number] = head(number)
        verdict: RepertoryError | None = _unwritable(step)
        if verdict is None and entry.sequence == 1:
            if record.id in ids or taken(record.id):
                verdict = WorkflowExists(
                    f"A workflow with the id {record.id!r} exists already; choose another id.",
                    workflow_id=record.id,
                )
            elif heads[number] is None and step.checkpoint is None:
                verdict = StoreError(f"The creation of workflow {record.id!r} has no checkpoint.")
        if verdict is None and (heads[number] or 0) + 1 != entry.sequence:
            verdict = _stale(record, entry, heads[number])
        if verdict is None and (key := entry.key) is not None:
            if (number, key) in keys or used(number, key):
                verdict = StaleStep(
                    f"Step {entry.sequence} of workflow {record.id!r} was not written: its "
                    f"idempotency key {key!r} was used before."
                )
            else:
                keys.add((number, key))
        if verdict is None and (message := step.receives) is not None:
            if message in gone or not waits(message):
                verdict = StaleStep(
                    f"Step {entry.sequence} of workflow {record.id!r} was not written: the "
                    f"message {message} that it takes was taken before, or taken back."
                )
            else:
                gone.add(message)
        if verdict is None:
            gone.update(step.cancels)
            heads[number] = entry.sequence
            ids.add(record.id)
        verdicts.append(verdict)
    return verdicts


def _stale(record: WorkflowRecord, entry: Entry, head: int | None) -> StaleStep:
    last = "the store has no such workflow" if head is None else f"the last one there is {head}"
    return StaleStep(
        f"Step {entry.sequence} of workflow {record.id!r} was not written: it does not follow "
        f"the last one in the store; {last}."
    )


def _unwritable(step: Step) -> SerializationFailed | None:
    record, entry = step.record, step.entry
    try:
        for text in (record.id, record.type, entry.event, entry.key or ""):
            text.encode()
        for state in (*entry.source, *entry.target, *record.configuration):
            state.encode()
        for message in step.sends:
            message.receiver.encode()
            message.event.encode()
            (message.name or "").encode()
        for json in _json(step):
            json.decode()
    except UnicodeDecodeError as error:
        return SerializationFailed(
            f"Step {entry.sequence} of workflow {record.id!r} was not written: its JSON "
            f"{error.object[:40]!r} is not UTF-8.",
            workflow_id=record.id,
        )
    except UnicodeEncodeError as error:
        return SerializationFailed(
            f"Step {entry.sequence} of workflow {record.id!r} was not written: {error.object!r} "
            "has half a surrogate pair, which UTF-8 has no way to write; give other text.",
            workflow_id=record.id,
        )
    dues = (message.due for message in step.sends)
    for number in (entry.at, entry.duration, record.version, record.updated_at, *dues):
        if not -(2**63) <= number < 2**63:
            return SerializationFailed(
                f"Step {entry.sequence} of workflow {record.id!r} was not written: {number} is "
                "no integer of 64 bits.",
                workflow_id=record.id,
            )
    return None


def _json(step: Step) -> Iterator[bytes]:
    entry, checkpoint = step.entry, step.checkpoint
    found = [entry.data, entry.history, entry.context, entry.result, entry.error, entry.details]
    if checkpoint is not None:
        found.append(checkpoint.context)
    for message in step.sends:
        found += [message.data, message.options]
    return (value for value in found if value is not None)
