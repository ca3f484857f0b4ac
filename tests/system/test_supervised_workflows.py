"""Workflows are children of the supervisor: what a defect of one of them comes to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from repertory.actors import ActorSystem, RepertoryError, State, Workflow
from repertory.actors.errors import HandlerFailed, StoreError
from repertory.actors.events import WorkflowQuarantined
from repertory.actors.resident import Resident
from repertory.actors.runtime import ManualClock
from repertory.actors.runtime.crowd import Crowd
from repertory.actors.workflow_actor import WorkflowActor

from .charts import Tally
from .faulty import FaultyStore
from .leaving import Courier, evict, evict_now, in_memory, resting

LONG = 20.0


class DefectError(Exception):
    """What no code should raise."""


class Read(FaultyStore):
    """Notes who reads a workflow while its steps are held back."""

    def __init__(self) -> None:
        super().__init__()
        self.read_too_soon = False

    def load(self, workflow_id: str) -> Any:
        self.read_too_soon |= not self.held.is_set()
        return super().load(workflow_id)


class Slowly(Workflow):
    """Adds up too, in an action that the event loop runs."""

    open = State(initial=True)
    add = open.to.itself(internal=True)

    class Context:
        total: int = 0

    async def on_add(self, n: int) -> int:
        self.context.total += n
        return self.context.total


@pytest.fixture(autouse=True)
def defect() -> Iterator[None]:
    """Let a step whose key begins with "defect" be taken, and then go wrong outside of it."""
    keep = WorkflowActor._keep

    def goes_wrong(self: Any, attempt: Any, done: Any) -> None:
        if (attempt.message.key or "").startswith("defect"):
            raise DefectError(attempt.message.key)
        keep(self, attempt, done)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WorkflowActor, "_keep", goes_wrong)
        yield


def goes_wrong(ref: Any, times: int = 1) -> None:
    for number in range(times):
        with pytest.raises(DefectError):
            ref.ask("add", n=100, key=f"defect {number}", timeout=LONG)
        resting(ref._system, ref.id)


def reads_or_waits(system: ActorSystem, store: Read) -> None:
    """Return once the next instance has read the store, or waits until it may."""
    pause = threading.Event()
    while not store.read_too_soon:
        if any(a.asking for a in system.runtime.inspect() if a.name == "workflow t"):
            return
        pause.wait(0.001)


def supervised(system: ActorSystem) -> list[str]:
    (supervisor,) = (a for a in system.inspect().actors if a.kind == "Supervisor")
    return [child.name for child in supervisor.children]


# --- the tree ---


def test_workflows_in_memory_are_seen_below_the_supervisor(system: ActorSystem) -> None:
    for id in ("a", "b", "c"):
        system.start(Tally, id=id)
    assert supervised(system) == ["workflow a", "workflow b", "workflow c"]
    system.stop("b")
    assert supervised(system) == ["workflow a", "workflow c"]
    supervisor = system._services.supervisor
    infos = {info.name: info for info in system.runtime.inspect()}
    assert infos["workflow a"].parent == supervisor
    assert len(infos[supervisor.actor_inbox.name].children) == 2


def test_nothing_is_kept_of_one_that_has_left(system: ActorSystem) -> None:
    ref = system.start(Tally, id="t")
    goes_wrong(ref)
    assert len(system._services.workflows._restarts_of) == 1
    assert evict(system, "t")
    assert system._services.workflows._restarts_of == {}
    assert system._services.workflows.refs == []


# --- a restart ---


@pytest.mark.parametrize("workflow", [Tally, Slowly])
def test_after_a_defect_a_new_instance_goes_on_from_the_last_step(
    system: ActorSystem, workflow: type[Workflow]
) -> None:
    ref = system.start(workflow, id="t")
    assert ref.ask("add", n=1) == 1
    goes_wrong(ref)
    assert ref.ask("add", n=2, timeout=LONG) == 3
    assert system.inspect().restarts == 1
    assert system.quarantined() == []
    assert [entry.event for entry in ref.history()][1:] == ["add", "add"]


def test_a_failing_action_restarts_nothing(system: ActorSystem) -> None:
    ref = system.start(Courier, id="c")
    for _ in range(20):
        with pytest.raises(HandlerFailed):
            ref.ask("spoil")
    assert system.inspect().restarts == 0
    assert ref.ask("add", n=1) == 1


def what_is_on_its_way_to_the_disk_counts_after_a_restart() -> None:
    store = Read()
    with ActorSystem(store=store, workers=4) as system:
        ref = system.start(Tally, id="t")
        store.hold()
        try:
            answers = [
                ref.ask("add", n=n, key=key, block=False)
                for n, key in ((1, "one"), (100, "defect"), (2, "two"), (1, "one"))
            ]
            reads_or_waits(system, store)
        finally:
            store.release()
        assert answers[0].get(timeout=LONG) == 1
        with pytest.raises(DefectError):
            answers[1].get(timeout=LONG)
        assert answers[2].get(timeout=LONG) == 3
        assert answers[3].get(timeout=LONG) == 1
        assert ref.context.seen == [1, 2]
        assert system.verify() == []


def what_is_on_its_way_counts_after_it_was_given_up() -> None:
    store = Read()
    with ActorSystem(store=store, workers=4) as system:
        ref = system.start(Tally, id="t")
        activation = system._services.activations.find("t")
        assert activation is not None
        goes_wrong(ref, times=3)
        assert ref.ask("add", n=0) == 0
        store.hold()
        try:
            first = ref.ask("add", n=1, block=False)
            wrong = ref.ask("add", n=100, key="defect", block=False)
            assert activation.ref.actor_stopped.wait(LONG)
            after = ref.ask("add", n=2, block=False)
            reads_or_waits(system, store)
        finally:
            store.release()
        assert first.get(timeout=LONG) == 1
        with pytest.raises(DefectError):
            wrong.get(timeout=LONG)
        assert after.get(timeout=LONG) == 3
        assert system.verify() == []


def one_that_fails_again_and_again_leaves_memory() -> None:
    clock = ManualClock()
    with ActorSystem(clock=clock) as system:
        told: list[WorkflowQuarantined] = []
        system.events.subscribe(told.append, WorkflowQuarantined)
        ref, other = system.start(Tally, id="t"), system.start(Tally, id="o")
        goes_wrong(ref, times=4)
        assert [one.workflow_id for one in system.quarantined()] == ["t"]
        assert "fails again and again: DefectError: defect 3" in system.quarantined()[0].message
        assert [event.workflow_id for event in told] == ["t"]
        assert system.inspect().restarts == 3
        assert in_memory(system) == ["o"]
        goes_wrong(other, times=3)  # its own count
        assert in_memory(system) == ["o"]
        clock.advance(5.1)
        goes_wrong(other, times=3)
        assert in_memory(system) == ["o"]
        assert ref.ask("add", n=1) == 1
        assert system.quarantined() == []


CHECKS = [
    what_is_on_its_way_to_the_disk_counts_after_a_restart,
    what_is_on_its_way_counts_after_it_was_given_up,
    one_that_fails_again_and_again_leaves_memory,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_supervisor_keeps_to_it(check: Callable[[], None]) -> None:
    check()


def test_a_step_that_was_not_written_takes_what_followed_with_it_and_no_more() -> None:
    store = FaultyStore()
    with ActorSystem(store=store, workers=4) as system:
        ref = system.start(Tally, id="t")
        assert ref.ask("add", n=1) == 1
        store.hold()
        store.broken = True
        try:
            lost = ref.ask("add", n=10, block=False)
            wrong = ref.ask("add", n=100, key="defect", block=False)
            after = ref.ask("add", n=2, block=False)
        finally:
            store.release()
        for answer in (lost, wrong, after):
            with pytest.raises(StoreError, match="disk is full"):
                answer.get(timeout=LONG)
        store.broken = False
        assert ref.ask("add", n=3) == 4
        assert ref.context.seen == [1, 3]
        assert system.verify() == []


def test_what_waits_for_one_that_is_given_up_is_refused_with_the_reason() -> None:
    with ActorSystem(workers=2) as system:
        ref, hold = system.start(Tally, id="t"), system.start(Tally, id="h")
        goes_wrong(ref, times=3)
        activation = system._services.activations.find("t")
        assert activation is not None
        mailbox = activation.ref.actor_inbox
        resting(system, "t")
        assert mailbox.take_free_turn()
        answers = [
            ref.ask("add", n=n, key=key, block=False)
            for n, key in ((100, "defect"), (1, None), (2, None))
        ]
        mailbox.release()
        with pytest.raises(DefectError):
            answers[0].get(timeout=LONG)
        for answer in answers[1:]:
            with pytest.raises(RepertoryError, match="'t' has left memory, since it fails again"):
                answer.get(timeout=LONG)
        assert ref.ask("add", n=4) == 4
        assert hold.ask("add", n=1) == 1


def test_messages_of_other_workflows_are_tried_again_after_it_was_given_up() -> None:
    with ActorSystem() as system:
        courier, ref = system.start(Courier, id="c"), system.start(Tally, id="t")
        goes_wrong(ref, times=3)
        activation = system._services.activations.find("t")
        assert activation is not None
        assert activation.ref.actor_inbox.take_free_turn()
        wrong = ref.ask("add", n=100, key="defect", block=False)
        for n in (1, 2, 3):
            courier.ask("send_on", to="t", n=n)
        activation.ref.actor_inbox.release()
        with pytest.raises(DefectError):
            wrong.get(timeout=LONG)
        assert ref.wait_for(lambda seen: seen.context.total == 6, timeout=LONG)
        assert ref.context.seen == [1, 2, 3]


def test_one_that_was_restarted_and_has_nothing_to_do_leaves_memory() -> None:
    clock = ManualClock()
    with ActorSystem(clock=clock, passivate_after=60.0) as system:
        goes_wrong(system.start(Tally, id="t"))
        assert in_memory(system) == ["t"]
        clock.advance(130.0)
        assert in_memory(system) == []


# --- whatever goes wrong, and whoever leaves, the results are the same ---

PROGRAM = st.lists(
    st.tuples(
        st.sampled_from(("a", "b")),
        st.sampled_from(("add", "add", "send_on", "spoil", "shutting", "opening")),
        st.booleans(),
        st.booleans(),
    ),
    max_size=25,
)


def histories(program: list[Any], wrong: bool) -> dict[str, Any]:
    with ActorSystem(passivate_after=None) as system:
        refs = {id: system.start(Courier, id=id) for id in ("a", "b")}
        for number, (id, event, defective, leaves) in enumerate(program):
            if wrong and defective:
                # Refused, if it is not allowed now: then it leaves no trace either. What waits
                # for one that is given up is refused, so nothing may wait.
                refs[id].tell("add", n=100, key=f"defect {number}")
                system.settle(timeout=LONG)
            data = {"to": "b" if id == "a" else "a", "n": number}
            data = {"add": {"n": number}, "send_on": data}.get(event, {})
            refs[id].tell(event, data)
            if wrong and leaves:
                evict_now(system, id)
            system.settle(timeout=LONG)
        assert system.verify() == []
        return {
            id: [(e.event, e.kind, e.target, e.context) for e in ref.history()]
            for id, ref in refs.items()
        }


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(program=PROGRAM)
def test_with_defects_or_without_the_results_are_the_same(program: list[Any]) -> None:
    assert histories(program, wrong=True) == histories(program, wrong=False)


# --- broken on purpose ---


def forgets_what_is_on_its_way(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Resident, "pre_restart", lambda self, error: None)


def does_not_wait_for_it(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Resident, "_settle_former", lambda self: None)


def remembers_no_restart(patch: pytest.MonkeyPatch) -> None:
    decision = Crowd._decision
    patch.setattr(Crowd, "_decision", lambda self, one, _, error: decision(self, one, (), error))


def counts_them_together(patch: pytest.MonkeyPatch) -> None:
    from repertory.actors.runtime.children import Children

    patch.setattr(Crowd, "_decide", Children._decide)


@pytest.mark.parametrize(
    ("check", "breaks"),
    [
        (CHECKS[0], forgets_what_is_on_its_way),
        (CHECKS[0], does_not_wait_for_it),
        (CHECKS[1], does_not_wait_for_it),
        (CHECKS[2], remembers_no_restart),
        (CHECKS[2], counts_them_together),
    ],
)
def test_a_variant_that_breaks_it_is_caught(
    check: Callable[[], None],
    breaks: Callable[[pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    breaks(monkeypatch)
    with pytest.raises((AssertionError, RepertoryError, pytest.fail.Exception)):
        check()
