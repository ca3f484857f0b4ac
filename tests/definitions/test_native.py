"""The short form: what it means, and what it is refused for."""

from __future__ import annotations

from typing import Any

import pytest
from repertory.actors import ActorSystem, load_definitions
from repertory.actors.errors import ContextInvalid, HandlerFailed, InvalidTransition

from .samples import ORDER, Anything, at, book, faults, load, only_fault


def test_guards_actions_and_context_do_what_the_same_in_python_does() -> None:
    said: list[str] = []
    actions = {"book": book, "confirm": lambda workflow, event: said.append(str(event))}
    order = load_definitions(ORDER, actions=actions)["document_order"]
    with ActorSystem() as system:
        ref = system.start(order, context={"total": 30})
        assert (ref.ask("pay", amount=10), ref.state) == (10, "basket")
        assert (ref.ask(order.pay, amount=20), ref.state) == (30, "paid")
        assert ref.context.received == 30
        with pytest.raises(InvalidTransition):
            ref.ask("cancel")
        ref.ask("ship")
        assert ref.snapshot().finished
    assert said == ["pay"]


def test_the_context_is_what_the_document_declares() -> None:
    order = load(ORDER)["document_order"]
    with ActorSystem() as system:
        with pytest.raises(ContextInvalid, match="total: this field is required"):
            system.start(order)
        with pytest.raises(ContextInvalid, match="did you mean 'total'"):
            system.start(order, context={"totl": 3})
        with pytest.raises(ContextInvalid, match="total"):
            system.start(order, context={"total": "three"})


def test_an_action_that_fails_changes_nothing() -> None:
    def fail(workflow: Any, amount: int) -> None:
        workflow.context.received = 99
        raise ValueError("no")

    order = load(ORDER, actions=Anything(book=fail))["document_order"]
    with ActorSystem() as system:
        ref = system.start(order, context={"total": 30})
        with pytest.raises(HandlerFailed, match="no"):
            ref.ask("pay", amount=40)
        assert (ref.state, ref.context.received) == ("basket", 0)


REGIONS = """\
workflow = "document_article"

[states.preparing]
parallel = true
done = "published"
on.hold = "on_hold"

[states.text]
in = "preparing"
[states.drafting]
in = "text"
on.hand_in = "edited"
[states.edited]
in = "text"
final = true

[states.facts]
in = "preparing"
[states.unchecked]
in = "facts"
on.check = "checked"
[states.checked]
in = "facts"
final = true

[states.where_we_were]
in = "preparing"
history = "deep"

[states.on_hold]
on.resume = "where_we_were"

[states.published]
final = true
"""


@pytest.mark.parametrize(
    ("field", "key"),
    [
        ('{ typ = "string" }', "typ"),
        ('{ tpye = "array<integer>" }', "tpye"),
        ('{ Type = "string" }', "Type"),
        ('{ types = "sting" }', "types"),
        ('{ tipe = "integer" }', "tipe"),
    ],
)
def test_a_field_whose_type_is_misspelt_is_no_default(field: str, key: str) -> None:
    fault = only_fault(ORDER.replace("received = 0", f"received = 0\nb = {field}"))
    assert (fault.name, fault.line) == (key, 6)
    assert f"Unknown key {key!r} of field 'b' of the context; did you mean 'type'?" in fault.what


@pytest.mark.parametrize(
    "default", ['{ time = "12:00" }', "{ types = [] }", '{ kind = "string" }', "{ typ = 3 }"]
)
def test_a_table_that_has_no_such_key_is_a_default(default: str) -> None:
    order = load(ORDER.replace("received = 0", f"received = 0\nb = {default}"))["document_order"]
    assert order.definition.context["b"].type.kind == "object"


def test_regions_history_states_and_done_are_those_of_charts() -> None:
    article = load(REGIONS)["document_article"]
    with ActorSystem() as system:
        ref = system.start(article)
        ref.ask("hand_in")
        ref.ask("hold")
        assert ref.state == "on_hold"
        ref.ask("resume")
        assert ref.state == "edited+unchecked"
        ref.ask("check")
        assert ref.state == "published"


NESTED = """\
workflow = "document_nested"
initial = "second"

[states.outer]
on.out = "end"
on.again = "outer"

[states.first]
in = "outer"
on.go = "second"

[states.second]
in = "outer"
on.go = "first"

[states.other]
initial = "y"
on.out = "end"
[states.x]
in = "other"
on.go = "y"
[states.y]
in = "other"
on.go = "x"

[states.end]
on.over = "other"
on.finish = "finished"
[states.finished]
final = true
"""


TRAP = """\
workflow = "document_trap"
[states.p]
[states.a]
in = "p"
on.x = "b"
on.out = "c"
[states.b]
in = "p"
{way}
[states.c]
final = true
"""


@pytest.mark.parametrize(
    "way", ['on.again = "b"', 'on.note = { do = "note" }', 'after = { seconds = 5, to = "b" }']
)
def test_a_state_that_leads_only_to_itself_is_a_dead_end(way: str) -> None:
    text = TRAP.format(way=way)
    fault = only_fault(text)
    assert (fault.name, fault.line) == ("b", text.split("\n").index("[states.b]") + 1)
    assert "'b' is a dead end: it leads only to itself, and it is not final" in fault.what
    load(text + '[states.late]\nfinal = true\n[deadline]\nseconds = 9\nto = "late"\n')


def test_a_workflow_without_an_end_may_stay_in_one_state() -> None:
    for way in ('"a"', '{ do = "note" }'):
        load(f'workflow = "document_counter"\n[states.a]\non.add = {way}\n')


def test_states_that_lead_round_and_never_to_the_end_are_told_where_they_stand() -> None:
    text = 'workflow = "w"\n[states.a]\non.x = "b"\non.y = "f"\n[states.b]\non.x = "c"\n'
    text += '[states.c]\non.x = "b"\n[states.f]\nfinal = true\n'
    assert [(fault.name, fault.line) for fault in faults(text)] == [("b", 5), ("c", 7)]


def test_a_compound_state_begins_in_the_initial_state_in_the_named_one_or_in_the_first() -> None:
    nested = load(NESTED)["document_nested"]
    with ActorSystem() as system:
        ref = system.start(nested)
        assert ref.state == "second"
        ref.ask("go")
        assert ref.state == "first"
        ref.ask("again")
        assert ref.state == "second"
        ref.ask("out")
        ref.ask("over")
        assert ref.state == "y"
    first = load(NESTED.replace('initial = "second"\n', "").replace("nested", "nested_2"))
    with ActorSystem() as system:
        assert system.start(first["document_nested_2"]).state == "first"


EVENTLESS = """\
workflow = "document_counter"

[context]
count = 0

[guards]
enough = "context.count >= 2"

[states.counting]
on.add = { do = "add", if = "!enough" }
on.jump = { to = "counting" }
always = { to = "full", if = "enough" }
enter = "entered"

[states.full]
final = true
"""


def test_ways_that_need_no_event_and_ways_that_stay() -> None:
    entered: list[str] = []

    def add(workflow: Any) -> None:
        workflow.context.count += 1

    actions = {"add": add, "entered": lambda workflow: entered.append("counting")}
    counter = load(EVENTLESS, actions=actions)["document_counter"]
    with ActorSystem() as system:
        ref = system.start(counter)
        ref.ask("add")
        assert (ref.state, entered) == ("counting", ["counting"])
        ref.ask("jump")
        assert entered == ["counting"] * 2
        ref.ask("add")
        assert ref.state == "full"


NAME = 'workflow = "document_order"'


@pytest.mark.parametrize(
    ("old", "new", "mark", "parts"),
    [
        (NAME, 'workflow = "an order"', '"an order"', ["name of a workflow"]),
        (NAME, NAME + '\nverison = 2', "verison", ["'version'"]),
        (NAME, NAME + '\nversion = 0', "0", ["whole number from 1"]),
        (NAME, NAME + '\ninitial = "x"', '"x"', ["initial state"]),
        ('total = "integer"', 'total = "intger"', '"intger"', ["'intger' is no type"]),
        ("received = 0", 'received = ""', '""', ['{ type = "string", default = "" }']),
        ("received = 0", 'received = "Ada"', '"Ada"', ['{ type = "string", default = "Ada" }']),
        ('total = "integer"', 'total = 1979-05-27', "1979", ["needs a type"]),
        ("received = 0", 'received = { type = "integer", default = "x" }', '"x"', ["no integer"]),
        ("received = 0", 'received = { type = "integer", deflt = 1 }', "deflt", ["'default'"]),
        ("received = 0", '"re ceived" = 0', '"re ceived"', ["a name in Python"]),
        ("context.total", "context.totl", "context.totl", ["did you mean 'total'?"]),
        ('"cancelled"\n', '{ too = "cancelled" }\n', "too", ["did you mean 'to'?"]),
        ('"cancelled"\n', "{}\n", "cancel", ["does nothing"]),
        ('"cancelled"\n', "[]\n", "cancel", ["has no ways"]),
        ('"cancelled"\n', "3\n", "3", ["must be a state"]),
        ('if = "covered"', 'if = "event.amont >"', "", ["Guard 'event.amont >'"]),
        ("final = true", "final = true\nparallel = true", "[states.shipped]", ["only one of"]),
        ('enter = "confirm"', "enter = 3", "3", ["must be text"]),
        ('enter = "confirm"', 'history = "both"', '"both"', ['"shallow" or "deep"']),
        ('enter = "confirm"', "after = { seconds = 3 }", "after", ["'to' or 'send'"]),
        ('enter = "confirm"', 'after = { to = "shipped" }', "after", ["not after how many"]),
        ('enter = "confirm"', 'in = "nowhere"', '"nowhere"', ["the parent of state 'paid'"]),
        ('enter = "confirm"', 'initial = "x"', '"x"', ["begins in"]),
        ('on.ship = "shipped"', 'on.ship = "shipped"\nparallel = true', "[states.paid]", ["fewer"]),
        ('if = "covered"', 'if = "coverd"', '"coverd"', ["is not a guard", "mean 'covered'?"]),
        ('if = "covered"', 'if = "!coverd"', '"!coverd"', ["did you mean '!covered'?"]),
        ("context.total", "total", "total\"", ["'total'; write 'context.total'"]),
        (" >= ", " and ", "and", ["there is no 'and'; write &&"]),
        (" >= ", " = ", "= context", ["write == to compare"]),
        ("received = 0", "received = { default = 0 }", "received", ["has a default and no type"]),
        ('on.cancel = "cancelled"', 'on.cancel = { to = ["shipped", "cancelled"] }',
         '["shipped"', ["to 'shipped' and to 'cancelled' at once", "regions of a parallel state"]),
        ('on.ship = "shipped"', 'on.ship = "shipped"\nafter = { seconds = 1e300, to = "shipped" }',
         "1e300", ["a number up to 3,155,760,000"]),
    ],
)  # fmt: skip
def test_a_fault_of_the_short_form_has_its_place(
    old: str, new: str, mark: str, parts: list[str]
) -> None:
    assert old in ORDER
    text = ORDER.replace(old, new, 1)
    found = faults(text)
    where = [at(text, mark, number) for number in range(text.count(mark) if mark else 1)]
    here = [fault for fault in found if (fault.line, fault.column) in where or not mark]
    assert here, [str(fault) for fault in found]
    for part in parts:
        assert any(part in fault.what for fault in here), [fault.what for fault in here]


def test_what_a_history_state_has_and_never_does_is_told() -> None:
    text = ORDER.replace('on.cancel = "cancelled"', 'on.cancel = "cancelled"\non.back = "before"')
    text += """
[states.before]
history = "shallow"
enter = "book"
after = { seconds = 3, to = "paid" }
agents = []
on.cancel = "cancelled"
"""
    found = faults(text)
    assert [fault.name for fault in found] == ["before"] * 3
    for fault, part in zip(found, ("entry actions", "a time-out", "events"), strict=True):
        assert f"has {part}" in fault.what


def test_a_fault_within_a_guard_is_told_at_its_column() -> None:
    text = ORDER.replace("event.amount >=", "evnt.amount >=")
    fault = only_fault(text)
    assert (fault.line, fault.column) == at(text, "evnt")


def test_a_way_inside_leads_to_a_state_within_without_leaving_this_one() -> None:
    text = """\
workflow = "inside"
[states.around]
enter = "came"
on.jump = { to = "second", inside = true }
on.over = "end"
[states.first]
in = "around"
on.to = "second"
[states.second]
in = "around"
on.fro = "first"
[states.end]
final = true
"""
    came: list[str] = []
    (workflow,) = load(text, actions={"came": lambda workflow: came.append("came")}).values()
    with ActorSystem() as system:
        ref = system.start(workflow)
        ref.ask("jump")
        assert {"around", "second"} <= set(ref.snapshot().configuration)
        assert came == ["came"]


@pytest.mark.parametrize("order", [0, 1])
def test_a_region_is_entered_by_default_from_whatever_leads_into_another(order: int) -> None:
    ways = ['on.into = "asked"', 'on.besides = "other"']
    text = """\
workflow = "regions_entered"
[states.outside]
WAYS
[states.both]
parallel = true
on.leave = "outside"
[states.advice]
in = "both"
[states.not_asked]
in = "advice"
on.ask = "asked"
[states.asked]
in = "advice"
[states.rest]
in = "both"
[states.first]
in = "rest"
on.next = "other"
[states.other]
in = "rest"
""".replace("WAYS", "\n".join(ways[order:] + ways[:order]))
    assert load(text)


@pytest.mark.parametrize(
    "after", ['seconds = 1, send = ""', 'seconds = 0, to = "b"', "seconds = 1"]
)
def test_a_time_that_leads_nowhere_or_is_none_is_a_fault(after: str) -> None:
    text = f'workflow = "timeless"\n[states.a]\non.x = "b"\nafter = {{ {after} }}\n'
    only_fault(text + "[states.b]\nfinal = true\n")
