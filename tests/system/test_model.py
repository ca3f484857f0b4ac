"""Whatever is done to a system, it agrees with a dict and a list that say what it should hold."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from repertory.actors import ActorSystem, RepertoryError, State, Workflow, WorkflowRef
from repertory.actors.errors import (
    HandlerFailed,
    InvalidTransition,
    RollbackFailed,
    StoreError,
    UnknownEvent,
    WorkflowExists,
    WorkflowNotFound,
)
from repertory.actors.workflow_actor import WorkflowActor
from repertory.persistence.errors import StoreError as Broken
from repertory.persistence.sqlite import SqliteStore

from .faulty import FaultyStore


class Ledger(Workflow):
    """Small, with every way in which an event can end."""

    open = State(initial=True)
    shut = State()
    over = State(final=True)

    add = open.to.itself(internal=True)
    shutting = open.to(shut)
    opening = shut.to(open)
    end = shut.to(over)
    fail = open.to(shut)

    class Context:
        total: int = 0

    def on_add(self, n: int) -> int:
        self.context.total += n
        return self.context.total

    def on_fail(self) -> None:
        self.context.total = -1
        raise ValueError("as asked")


MOVES = {
    ("open", "add"): "open",
    ("open", "shutting"): "shut",
    ("open", "fail"): "shut",
    ("shut", "opening"): "open",
    ("shut", "end"): "over",
}


@dataclass(frozen=True)
class Line:
    """What one entry of the history should say."""

    kind: str
    event: str
    state: str
    total: int
    key: str | None = None
    to: int = 0


@dataclass
class Model:
    """One workflow as it should be."""

    lines: list[Line] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)

    @property
    def now(self) -> Line:
        return self.lines[-1]

    def past(self) -> int | None:
        """Return where a rollback without a target leads, counted as histories are."""
        cursor = len(self.lines)
        while True:
            line = self.lines[cursor - 1]
            if line.kind == "created":
                return None
            if line.kind == "rollback":
                cursor = line.to
            elif line.kind == "step":
                return cursor - 1
            else:
                cursor -= 1


class FaultySqlite(SqliteStore):
    """A file on a disk that is full while it is `broken`."""

    broken = False

    def _check(self) -> None:
        if self.broken:
            raise Broken("The disk is full.")

    def commit(self, steps: Any) -> Any:
        self._check()
        return super().commit(steps)


IDS = st.sampled_from("abc")
KEYS = st.sampled_from([None, "x", "y", "z"])
EVENTS = st.sampled_from(["add", "add", "shutting", "opening", "end", "fail", "nonsense"])


class SystemMachine(RuleBasedStateMachine):
    """Does things to a system and to the model, and compares."""

    on_file = False

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.model: dict[str, Model] = {}
        self.documents: dict[str, tuple[bytes, Model]] = {}
        if self.on_file:
            folder = self.stack.enter_context(tempfile.TemporaryDirectory())
            self.path = Path(folder) / "store.db"
        self.store: Any = FaultyStore()
        self.open()

    def open(self) -> None:
        if self.on_file:
            self.store = FaultySqlite(self.path, synchronous="OFF")
        self.system = ActorSystem(store=self.store).open()

    def teardown(self) -> None:
        self.system.close()
        self.stack.close()

    # --- what is done ---

    def expect(self, id: str, event: str, n: int, keep: bool) -> tuple[Line, Any]:
        """Return the line that an event should leave, and its answer or the error's type."""
        now = self.model[id].now
        if event == "nonsense":
            return replace(now, kind="refused", event=event), UnknownEvent
        state = MOVES.get((now.state, event))
        if state is None:
            return replace(now, kind="refused", event=event), InvalidTransition
        if event == "fail":
            return replace(now, kind="failed", event=event), HandlerFailed
        total = now.total + n if event == "add" else now.total
        return Line("step", event, state, total), total if event == "add" else None

    @initialize()
    def begin(self) -> None:
        self.start("a", 1)
        self.start("b", 2)

    @rule(id=IDS, total=st.integers(0, 9))
    def start(self, id: str, total: int) -> None:
        expected: type[Exception] | None = None
        if id in self.model:
            expected = WorkflowExists
        elif self.store.broken:
            expected = StoreError
        self.check(expected, lambda: self.system.start(Ledger, id=id, context={"total": total}))
        if expected is None:
            self.model[id] = Model([Line("created", "__created__", "open", total)])

    @rule(id=IDS, event=EVENTS, n=st.integers(0, 9), key=KEYS, keep=st.booleans())
    def ask(self, id: str, event: str, n: int, key: str | None, keep: bool) -> None:
        fields = {"n": n} if event == "add" else {}

        def send() -> Any:
            return WorkflowRef(self.system, id).ask(event, fields, key=key, keep_refused=keep)

        if id not in self.model:
            self.check(WorkflowNotFound, send)
            return
        model = self.model[id]
        if key is not None and key in model.answers:
            self.check(model.answers[key], send)
            return
        line, answer = self.expect(id, event, n, keep)
        written = line.kind != "refused" or keep
        if written and self.store.broken:
            self.check(StoreError, send)
            return
        self.check(answer, send)
        if written:
            model.lines.append(replace(line, key=key, to=0))
            if key is not None:
                model.answers[key] = answer

    @precondition(lambda self: any(model.answers for model in self.model.values()))
    @rule(data=st.data(), event=EVENTS)
    def repeat(self, data: st.DataObject, event: str) -> None:
        used = [(id, key) for id, model in self.model.items() for key in model.answers]
        id, key = data.draw(st.sampled_from(sorted(used)))
        self.ask(id, event, 5, key, True)

    @rule(id=IDS, events=st.lists(st.tuples(EVENTS, st.integers(0, 9)), max_size=6))
    def tell(self, id: str, events: list[tuple[str, int]]) -> None:
        if id not in self.model:
            return
        ref = self.system.get(id)
        for event, n in events:
            ref.tell(event, {"n": n} if event == "add" else {})
            line, _ = self.expect(id, event, n, False)
            if line.kind != "refused" and not self.store.broken:
                self.model[id].lines.append(replace(line, key=None, to=0))
        self.system.settle(timeout=30)

    @rule(id=IDS, key=KEYS, share=st.floats(0, 1), to_last=st.booleans())
    def rollback(self, id: str, key: str | None, share: float, to_last: bool) -> None:
        if id not in self.model:
            return
        model = self.model[id]
        to = model.past() if to_last else round(share * (len(model.lines) + 1))
        argument = None if to_last else to

        def roll() -> None:
            self.system.get(id).rollback(argument, key=key)

        if key is not None and key in model.answers:
            recorded = model.answers[key]
            self.check(recorded if isinstance(recorded, type) else None, roll)
        elif to is None or not 1 <= to <= len(model.lines):
            self.check(RollbackFailed, roll)
        elif self.store.broken:
            self.check(StoreError, roll)
        else:
            self.check(None, roll)
            past = model.lines[to - 1]
            model.lines.append(Line("rollback", "rollback", past.state, past.total, key, to))
            if key is not None:
                model.answers[key] = None

    @rule(id=IDS, new=IDS, share=st.floats(0, 1))
    def fork(self, id: str, new: str, share: float) -> None:
        if id not in self.model:
            return
        at = max(1, round(share * len(self.model[id].lines)))
        expected: type[Exception] | None = None
        if self.store.broken:
            expected = StoreError
        elif new in self.model:
            expected = WorkflowExists
        self.check(expected, lambda: self.system.get(id).fork(at=at, id=new))
        if expected is None:
            past = self.model[id].lines[at - 1]
            self.model[new] = Model([Line("created", "__forked__", past.state, past.total)])

    @rule(id=IDS)
    def stop(self, id: str) -> None:
        self.check(None if id in self.model else WorkflowNotFound, lambda: self.system.stop(id))

    @rule(id=IDS)
    def remove(self, id: str) -> None:
        self.check(None if id in self.model else WorkflowNotFound, lambda: self.system.remove(id))
        self.model.pop(id, None)

    @rule(id=IDS)
    def export(self, id: str) -> None:
        if id in self.model:
            model = self.model[id]
            copy = Model([*model.lines], {**model.answers})
            self.documents[id] = (self.system.export(id), copy)

    @precondition(lambda self: self.documents)
    @rule(data=st.data())
    def import_(self, data: st.DataObject) -> None:
        id = data.draw(st.sampled_from(sorted(self.documents)))
        document, model = self.documents[id]
        expected = WorkflowExists if id in self.model else None
        self.check(expected, lambda: self.system.import_(document))
        if expected is None:
            self.model[id] = Model([*model.lines], {**model.answers})

    @rule(broken=st.booleans())
    def break_disk(self, broken: bool) -> None:
        self.store.broken = broken

    @rule()
    def reopen(self) -> None:
        self.system.close()
        self.store.broken = False
        self.open()

    def check(self, expected: Any, work: Any) -> None:
        """Do something, and compare its answer, or the type of its error, with what should be."""
        if isinstance(expected, type) and issubclass(expected, RepertoryError):
            with pytest.raises(expected):
                work()
        else:
            answer = work()
            if expected is not None:
                assert answer == expected

    # --- what holds after each ---

    @invariant()
    def agrees(self) -> None:
        assert {record.id for record in self.system.list()} == set(self.model)
        for id, model in self.model.items():
            ref, now = self.system.get(id), model.now
            snapshot = ref.snapshot()
            assert (snapshot.state, snapshot.context.total) == (now.state, now.total)
            assert snapshot.sequence == len(model.lines)
            assert snapshot.finished == (now.state == "over")
            told = [
                (e.kind, e.event, e.target[-1], e.context["total"], e.key) for e in ref.history()
            ]
            assert told == [(x.kind, x.event, x.state, x.total, x.key) for x in model.lines]

    @invariant()
    def is_sound(self) -> None:
        assert self.system.verify() == []
        services = self.system._services
        self.system.settle(timeout=30)  # those whose steps failed have gone back
        for id in services.activations.ids():
            activation = services.activations.find(id)
            if activation is not None and id not in self.model:
                assert activation.ref.actor_stopped.wait(30), f"{id} stays in memory"
        actors = services.runtime.registry.values()
        live = [ref for ref in actors if ref.actor_class is WorkflowActor]
        assert len(live) == len(services.activations) <= len(self.model)


class FileMachine(SystemMachine):
    """The same over a file."""

    on_file = True


SystemMachine.TestCase.settings = settings(
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
FileMachine.TestCase.settings = settings(SystemMachine.TestCase.settings, max_examples=25)

TestOverMemory = SystemMachine.TestCase
TestOverAFile = FileMachine.TestCase
