"""What becomes of children in the store: they are born, and their end is reported."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from msgspec.structs import replace
from pykka import ActorDeadError

from ...persistence.codec import CodecError, decode_json, encode_json
from ...persistence.errors import StoreError, SystemStopped, UnknownWorkflow, WorkflowNotFound
from ...persistence.records import Message, MessageKind, WorkflowRecord
from ..charts import is_final, leaves
from ..messages import Begin, Deliver, EventFailed, Write
from ..rehydration import read_position
from ..runtime import Envelope, PooledFuture, PooledRef
from ..services import Services
from .birth import Birth, read_birth

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 30.0
"""Seconds until what could not be born, or reported, is tried again: doubled up to this."""


def care_for_children(services: Services) -> None:
    """Have the children of a system's workflows born, and their parents told of their end."""
    services.carriers[MessageKind.CHILD] = carrier = ChildCarrier(services)
    services.on_finished.append(carrier.finished)


class ChildCarrier:
    """Used by the persistence actor alone, so that a child is born before it is cancelled.

    The row of a child stays in the store until a step of its parent takes the report, or takes
    the child back; whatever is lost here is found again by the next system.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        # By the child's id: the first that came, since another one with that id is in vain.
        self._rows: dict[str, Message] = {}
        self._carried: dict[int, Message] = {}
        self._pauses: dict[int, float] = {}
        self._under_way: set[int] = set()

    @property
    def busy(self) -> bool:
        """Whether a child is being born, or its end being told."""
        return bool(self._under_way)

    def carry(self, message: Message) -> None:
        """Have a child begin, or look how far it is."""
        try:
            birth = read_birth(message.data)
        except CodecError as error:
            self._services.supervisor.tell(EventFailed(message.sender, error))
            return
        self._rows.setdefault(birth.id, message)
        self._carried[message.id] = message
        self._look(message, birth)

    def gone(self, message: int) -> None:
        """Forget a child that nobody waits for any more, or whose end is known."""
        self._pauses.pop(message, None)
        self._under_way.discard(message)
        if (row := self._carried.pop(message, None)) is not None:
            child = read_birth(row.data).id
            if (first := self._rows.get(child)) is not None and first.id == message:
                del self._rows[child]

    def returned(self, message: Message, error: Exception) -> None:
        """Report again later what the parent could not take."""
        if not isinstance(error, WorkflowNotFound):
            self._later(message, error)

    def finished(self, record: WorkflowRecord) -> None:
        """Tell a parent, if a workflow that has ended is somebody's child."""
        if (row := self._rows.get(record.id)) is not None:
            self._report(row, read_birth(row.data))

    # --- being born ---

    def _look(self, row: Message, birth: Birth) -> None:
        store = self._services.store
        record = store.find(birth.id)
        if record is None:
            self._begin(row, birth)
            return
        first = store.entries(record.number, first=1)
        if first and first[0].sequence == 1 and first[0].data != origin(row):
            error = {
                "type": "WorkflowExists",
                "message": f"There is a workflow {birth.id!r} already.",
            }
            self._tell(row, birth, {"error": error})
        elif record.finished:
            self._report(row, birth)

    def _begin(self, row: Message, birth: Birth) -> None:
        services = self._services
        try:
            workflow = services.workflow_class(birth.type)
            begin = Begin(
                workflow,
                workflow.codec.load(birth.context),
                services.store.allocate(),
                origin=origin(row),
            )
        except Exception as error:
            self._unborn(row, error)
            return
        reply: PooledFuture[Any] = PooledFuture()

        def ended(future: PooledFuture[Any]) -> None:
            try:
                future.get()
                self._under_way.discard(row.id)
            except Exception as error:
                failure = error  # the name of an exception ends with its block
                with suppress(ActorDeadError):
                    services.persistence.tell(Write(lambda: self._unborn(row, failure)))

        reply.add_done_callback(ended)

        def put(ref: PooledRef[Any]) -> None:
            ref.actor_inbox.put(Envelope(begin, reply_to=reply))

        self._under_way.add(row.id)
        with suppress(SystemStopped):  # it is born in the next system
            services.activations.deliver(birth.id, put)

    def _unborn(self, row: Message, error: Exception) -> None:
        if row.id not in self._carried or isinstance(error, SystemStopped):
            return
        if isinstance(error, StoreError | UnknownWorkflow):
            self._later(row, error)
            return
        birth = read_birth(row.data)
        if self._services.store.find(birth.id) is not None:  # somebody was faster
            self._look(row, birth)
            return
        told = {"type": type(error).__name__, "message": str(error)}
        self._tell(row, birth, {"error": told})

    def _later(self, message: Message, error: Exception) -> None:
        if (row := self._carried.get(message.id)) is None:
            return
        self._under_way.discard(row.id)
        pause = self._pauses.get(row.id, FIRST_PAUSE)
        self._pauses[row.id] = min(2 * pause, LONGEST_PAUSE)
        if pause == FIRST_PAUSE:
            self._services.supervisor.tell(EventFailed(row.sender, error))

        def again() -> None:
            if row.id in self._carried:
                self._look(row, read_birth(row.data))

        def retry() -> None:
            with suppress(ActorDeadError):  # the next system tries again
                self._services.persistence.tell(Write(again))

        with suppress(RuntimeError):  # likewise: the clock has stopped
            self._services.runtime.clock.call_later(pause, retry)

    # --- its end ---

    def _report(self, row: Message, birth: Birth) -> None:
        try:
            stored = self._services.store.load(birth.id)
            if stored is None:
                return
            position = read_position(stored)
            workflow = self._services.workflow_class(position.record.type)
        except Exception as error:
            self._later(row, error)
            return
        context, configuration = position.context, position.chart.configuration
        result = context["result"] if isinstance(context, dict) and "result" in context else context
        ended_in = leaves(workflow, configuration)
        told = {"ended_in": list(ended_in), "result": result}
        if not is_final(workflow, configuration):
            where = f"was cancelled in {'+'.join(ended_in)!r}"
            told["error"] = {"type": "Cancelled", "message": f"Workflow {birth.id!r} {where}."}
        elif bad := sorted(set(ended_in).intersection(workflow.failures)):
            why = context.get("error") if isinstance(context, dict) else None
            message = why if isinstance(why, str) and why else f"Workflow {birth.id!r} has ended"
            told["error"] = {"type": "Failed", "message": f"{message} ({'+'.join(bad)})"}
        self._tell(row, birth, told)

    def _tell(self, row: Message, birth: Birth, told: dict[str, Any]) -> None:
        data = {"child": birth.id, "name": row.name, **told}
        event = birth.failed if "error" in told and birth.failed is not None else row.event
        report = replace(row, event=event, data=encode_json(data), options=row.data)
        deliver = Deliver(event, data, message=report)
        self._under_way.add(row.id)
        with suppress(SystemStopped):  # the next system tells it
            self._services.activations.deliver(row.receiver, lambda ref: ref.tell(deliver))


def origin(row: Message) -> bytes:
    """Return what the first entry of a child's history tells of its parent.

    The step is in it, so that another child under the same id is never taken for this one.
    """
    return encode_json({"parent": row.sender, "name": row.name, "step": row.sequence})


def parent_of(data: bytes | None) -> tuple[str, str] | None:
    """Return a child's parent and what that calls it, of the data of its first entry; or None."""
    told = None if data is None else decode_json(data)
    if not isinstance(told, dict) or "parent" not in told:
        return None
    return told["parent"], told["name"]
