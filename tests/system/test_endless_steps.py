"""An event that would lead round and round for ever fails, and changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from repertory.actors import ActorSystem, State, Workflow, load_definitions
from repertory.actors.errors import BadDefinition, HandlerFailed


class EventlessRing(Workflow):
    rest, a, b = State(initial=True), State(), State()
    go = rest.to(a)
    a.to(b, cond="turning")
    b.to(a, cond="turning")
    back = a.to(rest) | b.to(rest)
    look = rest.to.itself(internal=True)
    max_microsteps = 50

    class Context:
        entered: int = 0
        turning: bool = True

    def turning(self) -> bool:
        return self.context.turning

    def on_enter_a(self) -> None:
        self.context.entered += 1

    def on_look(self) -> int:
        return self.context.entered


class RaisedRing(Workflow):
    rest, a, b = State(initial=True), State(), State()
    go = rest.to(a)
    there, here = a.to(b), b.to(a)
    back = a.to(rest) | b.to(rest)
    look = rest.to.itself(internal=True)

    class Context:
        entered: int = 0

    def on_enter_a(self) -> None:
        self.context.entered += 1
        self.raise_("there")

    def on_enter_b(self) -> None:
        self.raise_("here")

    def on_look(self) -> int:
        return self.context.entered


class SentRing(RaisedRing):
    def on_enter_a(self) -> None:
        self.context.entered += 1
        self.send("there")

    def on_enter_b(self) -> None:
        self.send("here")


class AsyncEventlessRing(EventlessRing):
    async def on_look(self) -> int:
        return self.context.entered


class AsyncRaisedRing(RaisedRing):
    async def on_enter_a(self) -> None:
        self.context.entered += 1
        await self.raise_("there")

    async def on_enter_b(self) -> None:
        await self.raise_("here")


class AsyncSentRing(RaisedRing):
    async def on_enter_a(self) -> None:
        self.context.entered += 1
        await self.send("there")

    async def on_enter_b(self) -> None:
        await self.send("here")


class FailingRing(Workflow):
    catch_errors_as_events = True
    rest, a, b = State(initial=True), State(), State()
    go = rest.to(a)
    a.to(b, cond="turning", on="fail")
    error_execution = b.to(a)
    back = a.to(rest) | b.to(rest)
    look = rest.to.itself(internal=True)

    def turning(self) -> bool:
        return True

    def fail(self) -> None:
        raise ValueError("no")

    def on_look(self) -> int:
        return 0


RINGS = [
    EventlessRing,
    RaisedRing,
    SentRing,
    AsyncEventlessRing,
    AsyncRaisedRing,
    AsyncSentRing,
    FailingRing,
]


@pytest.mark.parametrize("ring", RINGS)
def test_an_endless_step_fails_and_changes_nothing(ring: type[Workflow]) -> None:
    with ActorSystem() as system:
        ref = system.start(ring, id="r")
        with pytest.raises(
            HandlerFailed, match=f"more than {ring.max_microsteps:,} microsteps"
        ) as e:
            ref.ask("go")
        assert e.value.error_type == "EndlessStep"
        assert (ref.state, ref.ask("look")) == ("rest", 0)


def test_a_workflow_that_can_not_come_to_rest_is_not_started() -> None:
    class Never(EventlessRing):
        rest, a, b = State(), State(initial=True), State()
        go = rest.to(a)
        a.to(b, cond="turning")
        b.to(a, cond="turning")
        back = a.to(rest) | b.to(rest)
        look = rest.to.itself(internal=True)

    with ActorSystem() as system:
        with pytest.raises(HandlerFailed, match="microsteps"):
            system.start(Never, id="n")
        assert list(system.list()) == []


@pytest.mark.parametrize("asynchronous", [False, True])
def test_the_bound_is_for_each_event_anew(asynchronous: bool) -> None:
    class Twice(Workflow):
        rest, a = State(initial=True), State()
        go = rest.to(a)
        back = a.to(rest)
        max_microsteps = 3

        if asynchronous:

            async def on_enter_a(self) -> None:
                await self.send("back")

        else:

            def on_enter_a(self) -> None:
                self.send("back")

    with ActorSystem() as system:
        ref = system.start(Twice)
        for _ in range(5):
            ref.ask("go")
        assert ref.state == "rest"


def test_a_chart_without_a_system_is_bounded_too() -> None:
    with pytest.raises(RuntimeError, match="max_microsteps"):
        RaisedRing().go()


@pytest.mark.parametrize("most", [0, "many", None])
def test_a_bound_that_is_no_number_is_refused(most: Any) -> None:
    with pytest.raises(BadDefinition, match="max_microsteps must be a whole number"):

        class Wrong(Workflow):
            a = State(initial=True)
            go = a.to.itself(internal=True)
            max_microsteps = most


def test_a_circle_in_a_document_is_a_fault() -> None:
    with pytest.raises(BadDefinition, match="its step never ends"):
        load_definitions("""workflow = "circle"
[states.s]
on.go = "a"
[states.a]
always = "b"
[states.b]
always = "a"
on.x = "c"
[states.c]
final = true
""")


def test_a_circle_in_scxml_is_a_fault() -> None:
    with pytest.raises(BadDefinition, match="its step never ends"):
        load_definitions("""<scxml xmlns="http://www.w3.org/2005/07/scxml"
 version="1.0" name="ring">
<state id="s"><transition event="go" target="a"/></state>
<state id="a"><transition target="b"/></state>
<state id="b"><transition target="a"/><transition event="x" target="c"/></state>
<final id="c"/>
</scxml>
""")
