"""python-statemachine's own JSON and YAML load, and behave as they do under its own loader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from repertory.actors import ActorSystem
from repertory.actors import load_definitions as load_ours
from repertory.actors.definitions.interchange import to_statechart
from repertory.actors.definitions.interchange.yaml_text import read_yaml
from repertory.actors.errors import FaultyDocument, InvalidTransition, UnknownEvent
from statemachine.io import load as load_theirs

from tests.charts.lawful_stock import lawful
from tests.definitions.samples import at, faults, only_fault

from .charts import EVENTS, documents
from .test_behaviour import here

ROUTES = """\
name: Routing
description: Where letters go
datamodel:
  - {id: limit, expr: "5"}
  - {id: closed, expr: "False"}
  - {id: tags, expr: "['a', 'b']"}
  - {id: note, expr: "''"}
states:
  inbox:
    initial: true
    transitions:
      - {event: route, target: urgent, cond: "_event.data.priority >= 9 and not closed"}
      - event: route
        target: normal
        cond: ["limit <= _event.data.priority < 9", "_event.data.kind == 'b'"]
      - {event: route, target: kept, cond: "priority == 4"}
      - {event: route, target: low, unless: "note or closed"}
  kept:
    transitions: [{target: low}]
  urgent: {final: true}
  normal: {final: true}
  low: {final: true}
"""
SHOP = """\
states:
  cart:
    initial: true
    enter: [greet]
    exit: note
    transitions:
      - {event: checkout, target: paid, cond: can_pay, on: [charge, count]}
      - {event: look, on: count}
  paid:
    enter: send_receipt
    final: true
"""
NESTED = """\
name: nested
states:
  work:
    initial: true
    states:
      writing:
        transitions: [{event: submit, target: reviewing}, {event: pause, target: away}]
      reviewing:
        transitions: [{event: approve, target: done}, {event: back, target: writing}]
      done: {final: true}
    history:
      last: {type: shallow}
    transitions:
      - {event: done.state.work, target: both}
      - {event: restart, target: work}
      - {event: jump, target: reviewing, internal: "yes"}
  away:
    transitions: [{event: return, target: last}, {event: leave, target: off}]
  both:
    parallel: true
    states:
      left:
        states:
          l1: {transitions: [{event: go, target: l2}]}
          l2: {initial: "on", transitions: [{event: back, target: l1}, {event: stop, target: le}]}
          le: {final: true}
      right:
        transitions: [{initial: true, target: r2}]
        states:
          r1: {transitions: [{event: go back, target: r2}]}
          r2: {transitions: [{event: go, target: r1}, {event: stop, target: re}]}
          re: {final: true}
    transitions:
      - {event: done.state.both, target: off}
      - {event: split, target: l1 r1}
  off: {final: true}
"""
NAMES = [
    "submit",
    "approve",
    "back",
    "pause",
    "return",
    "leave",
    "restart",
    "jump",
    "go",
    "stop",
    "split",
]


def ours(text: str, **options: Any) -> Any:
    (workflow,) = load_ours(text, **options).values()
    return workflow


def theirs(text: str, format: str, events: list[str], inner: set[str]) -> list[list[str]]:
    chart: Any = lawful(load_theirs(text, format=format))()
    seen = [sorted(set(chart.configuration_values) - inner)]
    for event in events:
        chart.send(event)
        seen.append(sorted(set(chart.configuration_values) - inner))
    return seen


@pytest.mark.parametrize("format", ["yaml", "json"])
@settings(max_examples=25, deadline=None)
@given(events=st.lists(st.sampled_from(NAMES), max_size=14))
def test_a_statechart_takes_the_same_configurations_as_in_python_statemachine(
    format: str, events: list[str]
) -> None:
    text = NESTED if format == "yaml" else json.dumps(read_yaml(NESTED, "")[0], indent=1)
    workflow = ours(text)
    expected = here(workflow, events)
    inner = {state.name for state in workflow.definition.walk() if state.states}
    assert theirs(text, format, events[: len(expected) - 1], inner) == expected


@pytest.mark.parametrize(
    ("data", "state"),
    [
        ({"priority": 9, "kind": ""}, "urgent"),
        ({"priority": 7, "kind": "b"}, "normal"),
        ({"priority": 7, "kind": "c"}, "low"),
        ({"priority": 4, "kind": "a"}, "low"),
        ({"priority": 1, "kind": "a"}, "low"),
    ],
)
def test_conditions_of_python_are_guards(data: dict[str, Any], state: str) -> None:
    chart: Any = load_theirs(ROUTES, format="yaml", validate=True)()
    chart.send("route", **data)
    with ActorSystem() as system:
        ref = system.start(ours(ROUTES))
        ref.ask("route", **data)
        assert {ref.state} == set(chart.configuration_values) == {state}
        assert ref.context.tags == ["a", "b"]


def test_actions_and_guards_by_name_are_functions() -> None:
    done: list[str] = []

    def act(name: str) -> Any:
        def run(workflow: Any) -> None:
            done.append(name)

        return run

    actions = {name: act(name) for name in ("greet", "note", "charge", "count", "send_receipt")}
    actions["can_pay"] = lambda workflow, amount: amount > 10
    with ActorSystem() as system:
        ref = system.start(ours(SHOP, actions=actions))
        ref.ask("look")
        with pytest.raises(InvalidTransition):
            ref.ask("checkout", amount=1)
        ref.ask("checkout", amount=30)
        assert ref.state == "paid"
    assert done == ["greet", "count", "note", "charge", "count", "send_receipt"]


def test_an_event_that_is_sent_later_and_cancelled_is_a_time_out() -> None:
    text = """\
states:
  a:
    enter: [{send: {event: late, delay: 1.5s, id: t}}]
    exit: {cancel: {sendid: t}}
    transitions: [{event: late, target: b}]
  b: {final: true}
"""
    timeout = ours(text).definition.states[0].timeout
    assert (timeout.seconds, timeout.event) == (1.5, "late")


@pytest.mark.parametrize(
    ("old", "new", "mark", "said"),
    [
        ("on: count}", "before: count}", "before", "another time"),
        ("enter: [greet]", "enter: [{assign: {location: x, expr: '1'}}]", "enter", "'assign'"),
        ("enter: [greet]", "invoke: {src: child.yaml}", "invoke", "'invoke'"),
        ("final: true", "final: true\n    donedata: {content: '1'}", "donedata", "'donedata'"),
        ("cond: can_pay", "cond: \"In('paid')\"", "cond", "In('paid')"),
        ("cond: can_pay", 'cond: "amount / 2 > 1"', "cond", "amount / 2"),
        ("cond: can_pay", 'cond: "can_pay and ready"', "cond", "method 'can_pay' within"),
        ("cond: can_pay", "unless: can_pay", "unless", "method 'can_pay'"),
        ("cond: can_pay", 'cond: "amount >"', "cond", "is no expression"),
        ("event: look", "event: '*'", "event: '*'", "stands for others"),
        ("target: paid", "target: piad", "target: piad", "'piad' is not a state"),
        ("states:\n", "datamodel: {x: 'open(1)'}\nstates:\n", "x: 'open", "plain value"),
        ("states:\n", "surprise: 1\nstates:\n", "surprise", "'surprise'"),
        ("initial: true", "initial: maybe", "initial", "true or false"),
        ("initial: true", "<<: 3", "<<", "must be a mapping"),
        ("initial: true", "initial: !!python/name:os.system ''", "!!python", "tag"),
        ("initial: true", "? [a]\n    : b", "[a]", "must be text"),
        ("initial: true", "initial: true\n    initial: true", "initial", "there twice"),
    ],
)
def test_what_does_not_carry_over_is_named_with_its_place(
    old: str, new: str, mark: str, said: str
) -> None:
    text = SHOP.replace(old, new, 1)
    found = faults(text)
    places = {at(text, mark, number) for number in range(text.count(mark))}
    here = [fault for fault in found if said in fault.what]
    assert here, [str(fault) for fault in found]
    assert (here[0].line, here[0].column) in places, str(here[0])


def test_two_initial_states_are_named() -> None:
    text = '{"states": {"a": {"initial": true}, "b": {"initial": true, "final": true}}}'
    assert any("two initial states" in fault.what for fault in faults(text))


def test_anchors_and_merges_are_followed() -> None:
    text = """\
states:
  a: &a
    transitions: &ways [{event: go, target: b}]
  b: {transitions: *ways}
  c: {<<: *a, initial: true, transitions: [{event: go, target: b}, {event: up, target: a}]}
"""
    found = ours(text)
    assert [s.transitions[0].targets for s in found.definition.states] == [("b",)] * 3
    assert ours("states: {a: &a {transitions: [{event: go, target: b}]}, b: {<<: *a}}\n")


def in_order(states: Any) -> Any:
    """States by name: those that remember come last in a statechart."""
    named = sorted(states, key=lambda state: str(state.name))
    return [replace(state, states=tuple(in_order(state.states))) for state in named]


BOMB = "a: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"b{n}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(9)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "aliases counted"),
        ("states: " + "[" * 5_000, "nested more than"),
        ("states: " + "{a: " * 5_000, "nested more than"),
        ("states: &a [*a]", "anchored"),
        ("states: *b", "anchored"),
        ("states:\n\t- a", "no YAML"),
        ("states: {a: {}}\n---\nstates: {}", "several documents"),
        ("name: x\nstates: " + "9" * 10_000, "no number"),
        ("--- 3", "give it 'states'"),
        ("---\n- a\n", "give it 'states'"),
    ],
    ids=lambda text: text[:20],
)
def test_yaml_that_would_cost_more_than_its_length_is_refused(text: str, said: str) -> None:
    if "\n" not in text:
        text += "\n"
    assert any(said in fault.what for fault in faults(text)), faults(text)


def test_a_file_says_by_its_name_that_it_is_yaml(tmp_path: Path) -> None:
    path = tmp_path / "order-flow.yaml"
    path.write_text("{states: {a: {final: true}}}")
    assert list(load_ours(path)) == ["order-flow"]


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import repertory.actors.definitions.interchange.yaml_text as yaml_text

    monkeypatch.setattr(yaml_text, "find_spec", lambda name: None)
    assert "repertory[yaml]" in only_fault(SHOP).what


def test_a_machine_of_xstate_is_still_told_from_a_statechart() -> None:
    with pytest.raises(FaultyDocument, match="in which state it begins"):
        load_ours('{"states": {"a": {"on": {"go": "a"}}}}\n')


@settings(max_examples=30, deadline=None)
@given(documents(guards=False), st.booleans())
def test_what_is_written_and_loaded_again_is_the_same_chart(document: str, yaml: bool) -> None:
    (workflow,) = load_ours(document).values()
    again = ours(to_statechart(workflow, yaml=yaml))
    assert in_order(again.definition.states) == in_order(workflow.definition.states)
    assert again.definition.initial == workflow.definition.initial


@settings(max_examples=15, deadline=None)
@given(
    documents(guards=False, times=False),
    st.lists(st.sampled_from([*EVENTS, "next", "to_s1", "to_hs1"]), max_size=10),
    st.sampled_from(["json", "yaml"]),
)
def test_what_is_written_behaves_the_same_in_python_statemachine(
    document: str, events: list[str], format: str
) -> None:
    (workflow,) = load_ours(document).values()
    expected = here(workflow, events)
    inner = {state.name for state in workflow.definition.walk() if state.states}
    known = {e for s in workflow.definition.walk() for t in s.transitions for e in t.events}
    text = to_statechart(workflow, yaml=format == "yaml")
    chart: Any = lawful(load_theirs(text, format=format, validate=True))()
    seen = [sorted(set(chart.configuration_values) - inner)]
    for event in events[: len(expected) - 1]:
        if event in known:
            chart.send(event)
        seen.append(sorted(set(chart.configuration_values) - inner))
    assert seen == expected


def test_an_event_that_a_statechart_does_not_know_is_unknown() -> None:
    with ActorSystem() as system, pytest.raises(UnknownEvent):
        system.start(ours(ROUTES)).ask("rote")
