"""Python classes are written too, and what does not carry over is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from repertory.actors import ActorSystem, State, Workflow, load_definitions
from repertory.actors.cli.app import app
from repertory.actors.definitions.interchange import definition_of, to_scxml, to_xstate
from typer.testing import CliRunner

from tests.definitions.samples import faults


class Gate(Workflow):
    """A gate, to be written for others."""

    workflow_name = "interchange_gate"
    shut = State(initial=True)
    open = State()
    gone = State(final=True)
    lift = shut.to(open, cond="may_lift")
    remove = open.to(gone)

    def may_lift(self, badge: str = "") -> bool:
        """Tell whether the badge fits."""
        return badge == "brass"


def test_the_guards_of_a_class_are_bound_again_when_it_is_loaded() -> None:
    for text in (to_scxml(Gate), to_xstate(Gate)):
        loaded = load_definitions(
            text, actions={"may_lift": lambda workflow, badge="": badge == "k"}
        )
        gate = loaded["interchange_gate"]
        assert definition_of(gate).states == definition_of(Gate).states
        with ActorSystem() as system:
            ref = system.start(gate)
            ref.ask("lift", badge="k")
            assert ref.snapshot().configuration == ("open",)


def test_all_that_does_not_carry_over_is_told_at_once_with_its_line() -> None:
    machine = """{"id": "m", "initial": "a", "states": {
    "a": {"invoke": {"src": "x"},
          "on": {"*": "b"}},
    "b": {"type": "final", "output": 3}}}"""
    assert [fault.line for fault in faults(machine)] == [2, 3, 4]


@pytest.mark.parametrize(
    "text",
    [
        """{"id": "m", "initial": "a", "states": {"a": {"on": {"go": "b", "*": "b", "x.*": "b"}},
        "b": {"type": "final"}}}""",
        """<scxml xmlns="http://www.w3.org/2005/07/scxml" name="m" initial="a"><state id="a">
        <transition event="go" target="b"/><transition event="*" target="b"/>
        <transition event="x.*" target="b"/></state><final id="b"/></scxml>""",
        """{"name": "m", "states": {"a": {"initial": true, "transitions": [
        {"event": "go", "target": "b"}, {"event": "*", "target": "b"},
        {"event": "x.*", "target": "b"}]}, "b": {"final": true}}}""",
    ],
)
def test_events_that_stand_for_others_are_told_and_nothing_that_follows_from_it(text: str) -> None:
    found = faults(text)
    assert len(found) == 2, [str(fault) for fault in found]
    assert all("stands for others" in fault.what for fault in found)


def test_convert_writes_a_file_that_check_reads(tmp_path: Path) -> None:
    source = tmp_path / "door.toml"
    source.write_text(
        'workflow = "door_to_convert"\n[states.a]\non.go = "b"\n[states.b]\nfinal=true'
    )
    for to, name in (("scxml", "door.scxml"), ("xstate", "door.json")):
        file = tmp_path / name
        run = CliRunner().invoke(app, ["convert", str(source), "--to", to, "-o", str(file)])
        assert run.exit_code == 0, run.output
        assert CliRunner().invoke(app, ["check", str(file)]).exit_code == 0
