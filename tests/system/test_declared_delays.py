"""Events that are declared with a delay: whoever sends one, it comes by a durable timer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from repertory.actors import ActorSystem, Event, State, Workflow
from repertory.actors.errors import HandlerFailed, InvalidTransition
from repertory.actors.fingerprint import differences, fingerprint
from repertory.actors.testing import ManualClock


class Patient(Workflow):
    """Reminds itself five seconds later."""

    workflow_name = "delays-patient"

    on = State(initial=True)
    off = State(final=True)
    remind = Event(on.to.itself(internal=True), delay=5_000)
    call = on.to.itself(internal=True)
    send_it = on.to.itself(internal=True)
    send_now = on.to.itself(internal=True)
    take_back = on.to.itself(internal=True)
    by_place = on.to.itself(internal=True)
    pass_on = on.to.itself(internal=True)
    stop = on.to(off)

    class Context:
        reminded: list[str] = []

    def on_remind(self, what: str = "") -> str:
        self.context.reminded.append(what)
        return what

    def on_call(self) -> None:
        self.remind(what="called")

    def on_send_it(self, send_id: str | None = None) -> None:
        self.send("remind", what="sent", send_id=send_id)

    def on_send_now(self) -> None:
        self.send("remind", what="now", delay=0)

    def on_take_back(self, send_id: str) -> None:
        self.cancel_event(send_id)

    def on_by_place(self) -> None:
        self.remind("what")

    def on_pass_on(self, to: str) -> None:
        self.tell(to, "remind", what="passed on")


class AsyncPatient(Patient):
    workflow_name = "delays-async-patient"

    async def on_call(self) -> None:
        await self.remind(what="called")

    async def on_send_it(self, send_id: str | None = None) -> None:
        self.send("remind", what="sent", send_id=send_id)


@pytest.fixture
def system(workflow_file_system: ActorSystem) -> ActorSystem:
    return workflow_file_system


def reminded(system: ActorSystem, id: str = "p") -> Any:
    system.settle()
    return system.get(id).context.reminded


@pytest.mark.parametrize("kind", [Patient, AsyncPatient])
@pytest.mark.parametrize(("event", "what"), [("call", "called"), ("send_it", "sent")])
def test_one_sent_in_an_action_comes_after_its_delay(
    system: ActorSystem, clock: ManualClock, kind: type[Workflow], event: str, what: str
) -> None:
    ref = system.start(kind, id="p")
    ref.ask(event)
    clock.advance(4.999)
    assert reminded(system) == []
    assert [(timer.name, timer.event) for timer in ref.timers()] == [("remind", "remind")]
    clock.advance(0.001)
    assert reminded(system) == [what]
    assert ref.history()[-1].timer == "remind"


@pytest.mark.parametrize("kind", [Patient, AsyncPatient])
def test_one_from_outside_is_kept_for_later_and_answered_when_that_is_durable(
    system: ActorSystem, clock: ManualClock, kind: type[Workflow]
) -> None:
    ref = system.start(kind, id="p")
    assert ref.ask("remind", what="asked", key="k") is None
    assert ref.ask("remind", what="asked", key="k") is None
    ref.ask("remind", what="again")
    assert [timer.name for timer in ref.timers()] == ["remind", "remind 2"]
    assert reminded(system) == []
    clock.advance(5)
    assert reminded(system) == ["asked", "again"]
    first = ref.history()[1]
    assert (first.event, first.key) == ("remind", "k")
    assert [name for name, _ in first.timers_set] == ["remind"]


def test_one_from_another_workflow_is_kept_for_later_once(
    system: ActorSystem, clock: ManualClock
) -> None:
    system.start(Patient, id="p")
    system.start(Patient, id="other").ask("pass_on", to="p")
    assert reminded(system) == []
    clock.advance(5)
    assert reminded(system) == ["passed on"]
    assert system.messages() == []


def test_it_outlives_the_process(file: Path, clock: ManualClock) -> None:
    with ActorSystem(file, clock=clock) as system:
        system.start(Patient, id="p").ask("call")
    clock.advance(60)
    with ActorSystem(file, clock=clock) as system:
        assert reminded(system) == ["called"]


def test_a_delay_of_nothing_overrules_the_declared_one(system: ActorSystem) -> None:
    ref = system.start(Patient, id="p")
    ref.ask("send_now")
    assert reminded(system) == ["now"]
    assert ref.timers() == []


def test_one_can_be_cancelled_by_its_id(system: ActorSystem, clock: ManualClock) -> None:
    ref = system.start(Patient, id="p")
    ref.ask("send_it", send_id="mine")
    ref.ask("send_it")
    ref.ask("take_back", send_id="mine")
    clock.advance(5)
    assert reminded(system) == ["sent"]


def test_one_with_data_by_position_is_refused(system: ActorSystem) -> None:
    with pytest.raises(HandlerFailed, match="takes data by name"):
        system.start(Patient, id="p").ask("by_place")


def test_a_workflow_that_has_finished_takes_none(system: ActorSystem, clock: ManualClock) -> None:
    ref = system.start(Patient, id="p")
    ref.ask("remind", what="too late")
    ref.ask("stop")
    with pytest.raises(InvalidTransition, match="finished"):
        ref.ask("remind")
    assert ref.timers() == []
    clock.advance(5)
    assert reminded(system) == []


def test_a_delay_is_part_of_the_definition() -> None:
    class Faster(Workflow):
        on = State(initial=True)
        off = State(final=True)
        stop = Event(on.to(off), delay=1)

    before = fingerprint(Faster)

    class Slower(Workflow):
        workflow_name = "Faster"
        on = State(initial=True)
        off = State(final=True)
        stop = Event(on.to(off), delay=2)

    assert differences(before, fingerprint(Slower)) == [
        "the delay of event stop was '1 ms', and is '2 ms'"
    ]
