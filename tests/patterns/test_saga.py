"""Steps that hold all together, or are all compensated, the last one first."""

from __future__ import annotations

from typing import Any

import pytest
from repertory.actors import ActorSystem, RetryPolicy, WorkflowRef, activity, current_activity
from repertory.actors.errors import BadDefinition, HandlerFailed
from repertory.actors.patterns import Saga, SagaStep
from repertory.actors.testing import ManualClock

did: list[str] = []
broken: set[str] = set()
ONCE = RetryPolicy(attempts=1)


def note(what: str) -> str:
    did.append(what)
    if what in broken:
        raise ConnectionError(what)
    return current_activity().key


@activity(name="saga-flight", retry=ONCE)
def flight(to: str) -> str:
    note(f"flight to {to}")
    return "AF1"


@activity(name="saga-no-flight")
def no_flight(to: str, result: str | None) -> None:
    note(f"no flight {result} to {to}")


@activity(name="saga-room", retry=ONCE)
def room(to: str, flight: str) -> str:
    return note(f"room in {to} after {flight}")


@activity(name="saga-no-room")
def no_room(step_key: str, result: str | None) -> None:
    assert result in (None, step_key)
    note("no room")


@activity(name="saga-mail", retry=ONCE)
def mail(flight: str, workflow_id: str) -> None:
    note(f"mail of {workflow_id}")


class Trip(Saga):
    """Books a flight and a room, and tells of it."""

    workflow_name = "saga-trip"
    steps = [
        SagaStep(flight, no_flight, name="flight"),
        SagaStep(room, no_room, name="room"),
        SagaStep(mail, name="mail"),
    ]


@pytest.fixture
def system(workflow_system: ActorSystem) -> ActorSystem:
    did.clear()
    broken.clear()
    return workflow_system


def trip(system: ActorSystem) -> WorkflowRef:
    found = system.start(Trip, id="t", context={"input": {"to": "Oslo"}})
    system.settle()
    return found


def test_all_steps_hold_and_hand_on_what_they_brought(system: ActorSystem) -> None:
    found = trip(system)
    assert did == ["flight to Oslo", "room in Oslo after AF1", "mail of t"]
    assert found.state == "completed"
    assert found.context.result["flight"] == "AF1"


def test_a_step_that_fails_for_good_has_all_undone_the_last_one_first(system: ActorSystem) -> None:
    broken.add("mail of t")
    found = trip(system)
    assert did[3:] == ["no room", "no flight AF1 to Oslo"]
    assert found.state == "compensated"
    assert found.context.undone == ["room", "flight"]
    assert found.context.error == "mail: ConnectionError: mail of t"


def test_one_that_failed_is_undone_too_since_it_may_have_happened(system: ActorSystem) -> None:
    broken.add("flight to Oslo")
    assert trip(system).state == "compensated"
    assert did == ["flight to Oslo", "no flight None to Oslo"]


def test_what_certainly_did_not_happen_is_not_undone(system: ActorSystem) -> None:
    class Certain(Saga):
        steps = [SagaStep(flight, no_flight, undo_failed=False)]

    broken.add("flight to Oslo")
    found = system.start(Certain, context={"input": {"to": "Oslo"}})
    system.settle()
    assert found.state == "compensated"
    assert did == ["flight to Oslo"]


def test_undoing_is_tried_until_it_works(system: ActorSystem, clock: ManualClock) -> None:
    broken.update(("mail of t", "no room"))
    found = trip(system)
    clock.advance(100_000)
    assert found.state == "compensating"
    assert did.count("no room") > 20
    assert "no flight AF1 to Oslo" not in did, "the order is kept"
    broken.discard("no room")
    clock.advance(3600)
    assert found.state == "compensated"
    assert found.context.undone == ["room", "flight"]


def test_cancelling_waits_for_the_step_under_way_and_undoes_that_too(
    system: ActorSystem, clock: ManualClock
) -> None:
    class Patient(Saga):
        steps = [SagaStep(later, no_flight, name="flight"), SagaStep(mail)]

    found = system.start(Patient, context={"input": {"to": "Oslo"}})
    system.settle()
    found.ask("cancel")
    assert found.state == "running", "it is between two attempts, and may have happened"
    clock.advance(60)
    assert found.state == "compensated"
    assert did == ["try 1", "try 2", "no flight done to Oslo"]
    assert found.context.error == "cancelled"


@activity(name="saga-later", retry=RetryPolicy(first=60, jitter=0))
def later() -> str:
    attempt = current_activity().attempt
    note(f"try {attempt}")
    if attempt == 1:
        raise ConnectionError
    return "done"


def test_what_a_step_needs_and_nothing_has_is_said_before_anything_is_done(
    system: ActorSystem,
) -> None:
    with pytest.raises(HandlerFailed, match="Step 'flight' needs 'to'"):
        system.start(Trip)
    assert did == []


@pytest.mark.parametrize("names", [("a", "a"), ("a", "result")])
def test_a_name_that_is_taken_is_refused(names: tuple[str, str]) -> None:
    made: dict[str, Any] = {"steps": [SagaStep(flight, name=name) for name in names]}
    with pytest.raises(BadDefinition, match="which is taken"):
        type("Taken", (Saga,), made)
