"""What SCXML sends with a delay is a durable timer here, which can be cancelled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from repertory.actors import ActorSystem, load_definitions
from repertory.actors.definitions import FaultyDocument
from repertory.actors.definitions.interchange import to_scxml, to_xstate
from repertory.actors.testing import ManualClock

from .test_round_trip import again, assert_same

OVEN = """
<scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0" name="oven" initial="cold">
  <state id="cold">
    <transition event="heat" target="hot">
      <send event="beep" delay="2s" id="beeping"/>
      <send event="cool.down" delay="1500ms"/>
      <send event="cool.down" delay="1m" id="at last"/>
    </transition>
  </state>
  <state id="hot">
    <onentry><send event="burn" delay="1h" id="burning"/></onentry>
    <onexit><cancel sendid="burning"/></onexit>
    <transition event="hush"><cancel sendid="beeping"/><cancel sendid="never"/></transition>
    <transition event="beep" target="ready"/>
    <transition event="cool.down" target="cold"/>
    <transition event="burn" target="burnt"/>
  </state>
  <state id="ready">
    <onentry><send event="beep" delay=".5s"/></onentry>
    <transition event="beep" target="burnt"/>
    <transition event="cool.down" target="cold"/>
  </state>
  <final id="burnt"/>
</scxml>
"""


def oven() -> Any:
    (workflow,) = load_definitions(OVEN).values()
    return workflow


def names(ref: Any) -> list[str]:
    return [timer.name for timer in ref.timers()]


def test_what_is_sent_with_a_delay_comes_then_also_in_the_next_process(tmp_path: Path) -> None:
    clock = ManualClock()
    with ActorSystem(tmp_path / "store.db", clock=clock) as system:
        system.start(oven(), id="oven").ask("heat")
    with ActorSystem(tmp_path / "store.db", clock=clock) as system:
        ref = system.get("oven")
        assert names(ref) == ["cool.down", "beeping", "at last", "hot"]
        clock.advance(1.5)
        assert ref.state == "cold"
        ref.ask("heat")  # two of them begin anew
        assert names(ref) == ["cool.down", "beeping", "at last", "hot"]
        assert system.verify() == []


def test_what_is_cancelled_does_not_come() -> None:
    clock = ManualClock()
    with ActorSystem(clock=clock) as system:
        ref = system.start(oven())
        ref.ask("heat")
        ref.ask("hush")
        assert names(ref) == ["cool.down", "at last", "hot"]
        clock.advance(10)
        assert (ref.state, [e.event for e in ref.history()][-1]) == ("cold", "cool.down")


@pytest.mark.parametrize("export", [to_scxml, to_xstate])
def test_it_is_the_same_when_it_is_exported_and_loaded_again(export: Callable[[Any], str]) -> None:
    workflow = oven()
    assert workflow.definition.later
    assert_same(workflow, again(workflow, export))


def test_scxml_has_it_as_other_engines_take_it() -> None:
    written = to_scxml(oven())
    assert '<send id="beeping" event="beep" delay="2s"' in written
    assert '<cancel sendid="beeping"' in written


def test_a_send_on_entry_that_is_no_time_out_stays_an_action_when_it_is_written() -> None:
    sent = '<send event="beep" delay="1s" id="b" xmlns:r="urn:repertory:scxml" r:action="b"/>'
    cancelled = '<cancel sendid="b" xmlns:r="urn:repertory:scxml" r:action="not_b"/>'
    text = OVEN.replace('<send event="burn" delay="1h" id="burning"/>', sent)
    text = text.replace('<cancel sendid="burning"/>', cancelled)
    (workflow,) = load_definitions(text).values()
    hot = next(state for state in workflow.definition.walk() if state.name == "hot")
    assert (hot.timeout, hot.enter, hot.exit) == (None, ("b",), ("not_b",))
    assert_same(workflow, again(workflow, to_scxml))


@pytest.mark.parametrize(
    ("was", "wrong", "says"),
    [
        ('<send event="beep" delay=".5s"/>', '<send event="bep" delay=".5s"/>', "'beep'"),
        ('<send event="beep" delay=".5s"/>', '<send event="beep"/>', "<send>"),
        ('<send event="beep" delay=".5s"/>', '<send event="beep" delay="0s"/>', "<send>"),
        ('<send event="beep" delay=".5s"/>', '<send event="beep" delay="soon"/>', "<send>"),
        ('delay=".5s"/>', 'delay=".5s" target="#_internal"/>', "'target'"),
        ('delay=".5s"/>', 'delay=".5s"><param name="a" expr="1"/></send>', "<send>"),
        ('<cancel sendid="never"/>', "<cancel/>", "<cancel>"),
    ],
)
def test_what_does_not_carry_over_is_told(was: str, wrong: str, says: str) -> None:
    assert was in OVEN
    with pytest.raises(FaultyDocument, match=says):
        load_definitions(OVEN.replace(was, wrong))
