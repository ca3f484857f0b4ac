"""A subclass has its base's states as its own: what it adds to them is not in the base."""

from __future__ import annotations

from typing import Any

import pytest
from repertory.actors import ActorSystem, State, Workflow, after
from repertory.actors.charts import describe_states, describe_transitions
from repertory.actors.errors import BadDefinition, UnknownEvent


class Errand(Workflow):
    workflow_name = "inherited-errand"
    ready = State(initial=True)

    class busy(State.Compound):
        walking = State(initial=True)
        talking = State()
        meet = walking.to(talking)

    over = State(final=True)
    go = ready.to(busy)
    end = busy.to(over)

    def on_go(self) -> None:
        self.context["went"] = type(self).__name__


BEFORE = (describe_states(Errand), describe_transitions(Errand))


class Relay(Errand):
    workflow_name = "inherited-relay"
    resting = State(timeout=after(30, "rest"))
    rest = Errand.busy.to(resting) | resting.to(Errand.ready)
    shout = Errand.busy.talking.to.itself(internal=True)
    Errand.ready.to(resting, cond="tired")

    def tired(self) -> bool:
        return bool(self.context.get("tired"))

    def on_shout(self) -> None:
        self.context["shouted"] = True


class LongRelay(Relay):
    workflow_name = "inherited-long-relay"
    skip = Relay.resting.to(Relay.over)


class Plain(Errand):
    workflow_name = "inherited-plain"


class Polite(Errand):
    workflow_name = "inherited-polite"

    @Errand.busy.enter
    def greet(self) -> None:
        self.context["greeted"] = True

    @Errand.end.on
    def thank(self) -> None:
        self.context["thanked"] = True


def test_callbacks_declared_on_inherited_states_and_events_are_the_subclass_s_own() -> None:
    with ActorSystem() as system:
        polite, errand = system.start(Polite), system.start(Errand)
        for ref in (polite, errand):
            ref.ask("go")
            ref.ask("end")
        assert polite.context == {"greeted": True, "thanked": True, "went": "Polite"}
        assert errand.context == {"went": "Errand"}


def test_two_bases_with_states_are_refused() -> None:
    with pytest.raises(BadDefinition, match="several bases with states, Relay and Plain"):

        class Torn(Relay, Plain):
            workflow_name = "inherited-torn"


def state_after(ref: Any, event: str) -> tuple[str, ...]:
    ref.ask(event)
    configuration: tuple[str, ...] = ref.snapshot().configuration
    return configuration


def test_what_a_subclass_adds_is_not_in_its_base_nor_in_another_subclass() -> None:
    assert (describe_states(Errand), describe_transitions(Errand)) == BEFORE
    assert (describe_states(Plain), describe_transitions(Plain)) == BEFORE
    assert describe_transitions(Relay) != BEFORE[1]
    with ActorSystem() as system:
        for kind in (Errand, Plain):
            ref = system.start(kind)
            assert state_after(ref, "go") == ("busy", "walking")
            assert ref.context == {"went": kind.__name__}
            ref.ask("meet")
            with pytest.raises(UnknownEvent):
                ref.ask("shout")


def test_a_subclass_runs_on_what_it_inherits_and_what_it_adds() -> None:
    with ActorSystem() as system:
        relay, long = system.start(Relay), system.start(LongRelay)
        for ref in (relay, long):
            ref.ask("go")
            ref.ask("meet")
            ref.ask("shout")
            assert ref.context["shouted"]
            assert state_after(ref, "rest") == ("resting",)
        assert state_after(long, "skip") == ("over",)
        with pytest.raises(UnknownEvent):
            relay.ask("skip")
        assert state_after(relay, "rest") == ("ready",)
        tired: Any = system.start(Relay, context={"tired": True})
        assert tired.snapshot().configuration == ("resting",)


def test_a_states_timeouts_and_names_are_inherited() -> None:
    assert LongRelay.resting == Relay.resting and LongRelay.resting is not Relay.resting
    assert describe_states(LongRelay)["resting"] == describe_states(Relay)["resting"]
