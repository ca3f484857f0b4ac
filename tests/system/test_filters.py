"""A state or an event that nothing has is refused where workflows are looked for by it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from repertory.actors import ActorSystem, Lifecycle, State, Workflow
from repertory.actors.errors import UnknownEvent, UnknownState

FOREIGN = """
import sys
from repertory.actors import ActorSystem, State, Workflow

class Foreign(Workflow):
    here_only = State(initial=True)
    there_only = State(final=True)
    cross = here_only.to(there_only)

with ActorSystem(sys.argv[1]) as system:
    system.start(Foreign, id="f")
"""


class Consignment(Workflow):
    """Has states and an event of its own."""

    packed_up = State(initial=True)
    on_its_way = State(final=True)
    send_off = packed_up.to(on_its_way)


@pytest.mark.parametrize("workflow", [Consignment, "Consignment"])
def test_a_misspelt_state_is_refused_with_the_one_that_was_meant(workflow: object) -> None:
    with ActorSystem() as system:
        system.start(Consignment, id="p")
        for ask in (
            lambda: system.list(workflow, state="packed_upp"),
            lambda: system.subscribe(print, workflow=workflow, state="packed_upp"),
            lambda: system.broadcast("send_off", workflow=workflow, state="packed_upp"),
        ):
            with pytest.raises(
                UnknownState, match=r"No Consignment .* did you mean 'packed_up'"
            ) as told:
                ask()
            assert told.value.state == "packed_upp"


@pytest.mark.parametrize("workflow", [Consignment, "Consignment"])
def test_a_misspelt_event_is_refused_with_the_one_that_was_meant(workflow: object) -> None:
    with ActorSystem() as system:
        parcel = system.start(Consignment, id="p")
        for ask in (
            lambda: system.subscribe(print, workflow=workflow, event="sendoff"),
            lambda: system.broadcast("sendoff", workflow=workflow),
        ):
            with pytest.raises(
                UnknownEvent, match=r"No Consignment .* did you mean 'send_off'"
            ) as told:
                ask()
            assert told.value.event == "sendoff"
        assert parcel.state == "packed_up"


def test_without_a_class_a_name_that_no_class_has_is_refused() -> None:
    with ActorSystem() as system:
        system.start(Consignment)
        with pytest.raises(UnknownState, match="No workflow's class has a state 'nowhere at all'"):
            system.list(state="nowhere at all")
        with pytest.raises(UnknownEvent, match="No workflow's class has an event 'no such thing'"):
            system.broadcast("no such thing")
        with pytest.raises(UnknownEvent):
            system.subscribe(print, event="no such thing")


def test_a_state_of_another_class_is_refused_for_this_one() -> None:
    with ActorSystem() as system:
        system.start(Consignment)
        assert system.list(state=Lifecycle.running) == []
        with pytest.raises(UnknownState):
            system.list(Consignment, state=Lifecycle.running)


def test_a_known_state_that_nothing_is_in_is_answered_with_nothing() -> None:
    with ActorSystem() as system:
        system.start(Consignment)
        assert system.list(Consignment, state="on_its_way") == []
        assert system.broadcast("send_off", workflow=Consignment, state="on_its_way") == 0


def test_what_a_workflow_gives_itself_can_be_subscribed_to_and_not_sent() -> None:
    with ActorSystem() as system:
        for event in ("__created__", "rollback"):
            system.subscribe(print, workflow=Consignment, event=event)()
            with pytest.raises(UnknownEvent):
                system.broadcast(event, workflow=Consignment)


def test_states_of_a_class_that_is_not_imported_are_those_that_the_store_knows(
    tmp_path: Path,
) -> None:
    subprocess.run([sys.executable, "-c", FOREIGN, tmp_path / "s.db"], check=True)
    with ActorSystem(tmp_path / "s.db") as system:
        assert [record.id for record in system.list(state="here_only")] == ["f"]
        assert system.list("Foreign", state="there_only") == []
        with pytest.raises(UnknownState, match="mean 'here_only'"):
            system.list("Foreign", state="here_onyl")
        assert system.broadcast("ever so different", workflow="Foreign", state="there_only") == 0
