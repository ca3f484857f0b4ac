"""What can't go on is left as it is, listed, and can be taken up again."""

from __future__ import annotations

from pathlib import Path

import pytest
from repertory.actors import ActorSystem, State, Workflow, WorkflowRef
from repertory.actors.errors import StoreDamaged, StoreError, WorkflowNotFound
from repertory.actors.events import WorkflowQuarantined
from repertory.actors.runtime import ManualClock

from .charts import Tally
from .test_faults import flip
from .test_many_messages import Forgetful

LONG = 15.0


class Caller(Workflow):
    """Tells another workflow a number."""

    here = State(initial=True)
    call = here.to.itself(internal=True)

    def on_call(self, to: str, n: int) -> None:
        self.tell(to, "add", n=n)


def test_one_that_cannot_be_read_is_listed_and_taken_up_again_by_hand() -> None:
    clock, store = ManualClock(), Forgetful()
    with ActorSystem(store=store, clock=clock) as system:
        told: list[WorkflowQuarantined] = []
        system.events.subscribe(told.append, WorkflowQuarantined)
        tally, caller = system.start(Tally, id="t"), system.start(Caller, id="c")
        system.stop("t")
        store.fails = 1000
        for _ in range(2):
            with pytest.raises(StoreError, match=r"An I/O error"):
                tally.ask("add", n=1)
        for n in (10, 20):
            caller.ask("call", to="t", n=n)
        system.settle(timeout=LONG)
        (one,) = system.quarantined()
        assert (one.workflow_id, one.error, one.message) == ("t", "StoreError", "An I/O error.")
        assert one.attempts >= 3
        assert [(event.workflow_id, str(event.error)) for event in told] == [("t", one.message)]
        assert [message.receiver for message in system.messages(receiver="t")] == ["t", "t"]
        with pytest.raises(StoreError, match=r"An I/O error"):
            system.take_up("t")
        store.fails = 0
        system.take_up("t")
        assert system.quarantined() == []
        system.settle(timeout=LONG)
        assert tally.wait_for(lambda seen: seen.context.total == 30, timeout=LONG)
        assert tally.context.seen == [10, 20]
        with pytest.raises(WorkflowNotFound):
            system.take_up("nobody")
        assert system.quarantined() == []


def test_one_that_comes_back_by_itself_is_listed_no_more() -> None:
    clock, store = ManualClock(), Forgetful()
    with ActorSystem(store=store, clock=clock) as system:
        tally, caller = system.start(Tally, id="t"), system.start(Caller, id="c")
        system.stop("t")
        store.fails = 3
        caller.ask("call", to="t", n=5)
        system.settle(timeout=LONG)
        assert [one.workflow_id for one in system.quarantined()] == ["t"]
        for _ in range(20):
            clock.advance(1)
            system.settle(timeout=LONG)
        assert system.quarantined() == []
        assert tally.context.seen == [5]


def test_damage_is_quarantined_and_found_by_looking_through_the_store(file: Path) -> None:
    with ActorSystem(file) as system:
        for id in ("sound", "spoilt"):
            system.start(Tally, id=id).ask("add", n=1)
        system.get("spoilt").ask("add", n=987_654_321)
    flip(file, b"[1,987654321]}}")
    with ActorSystem(file, read_only=True) as system:
        found = system.unfit()
        assert list(found) == ["spoilt"] and isinstance(found["spoilt"], StoreDamaged)
    with ActorSystem(file) as system:
        assert isinstance(system.recover()["spoilt"], StoreDamaged)
        assert [one.error for one in system.quarantined()] == ["StoreDamaged"]
        system.remove("spoilt")
        with pytest.raises(WorkflowNotFound):
            WorkflowRef(system, "spoilt").ask("add", n=1)
        assert system.quarantined() == []


def test_a_class_that_is_gone_or_changed_makes_its_workflows_unfit(system: ActorSystem) -> None:
    system.start(Tally, id="t").ask("add", n=1)
    system.stop("t")
    services, original = system._services, system._services.workflow_class

    class Other(Workflow):
        workflow_name = "no-tally"
        somewhere = State(initial=True)
        go = somewhere.to.itself(internal=True)

    services.workflow_class = lambda name: Other
    assert list(system.unfit()) == ["t"]
    services.workflow_class = original
    assert system.unfit() == {}


def test_dead_messages_are_listed_by_pages_resent_and_dropped(system: ActorSystem) -> None:
    caller = system.start(Caller, id="c")
    for n in range(5):
        caller.ask("call", to="later", n=n)
    caller.ask("call", to="never", n=9)
    system.settle(timeout=LONG)
    dead = system.messages(dead=True)
    assert [message.receiver for message in dead] == ["later"] * 5 + ["never"]
    assert [m.id for m in system.messages(dead=True, after=dead[1].id, limit=2)] == [
        message.id for message in dead[2:4]
    ]
    assert [m.receiver for m in system.messages(dead=True, receiver="never")] == ["never"]

    tally = system.start(Tally, id="later")
    for message in dead[:4]:
        assert system.resend(message.id)
    system.settle(timeout=LONG)
    assert tally.context.seen == [0, 1, 2, 3]
    assert not system.resend(dead[0].id), "it has been taken"
    assert system.drop(dead[4].id)
    assert not system.drop(dead[4].id)
    assert system.resend(dead[5].id)
    system.settle(timeout=LONG)
    assert [m.receiver for m in system.messages(dead=True)] == ["never"], "it came back"
    assert system.verify() == []


def test_what_is_on_its_way_is_neither_dropped_nor_sent_twice(system: ActorSystem) -> None:
    caller = system.start(Caller, id="c")
    system.start(Tally, id="t")
    caller.ask("call", to="t", n=1)
    assert not system.drop(1) and not system.resend(1)
    system.settle(timeout=LONG)
    assert system.get("t").context.seen == [1]
