"""Guards: what they mean, what they are refused for, and that they stay within bounds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from repertory.actors.definitions import Field, parse_type
from repertory.actors.definitions.expression import too_large, uses
from repertory.actors.definitions.guards import compile_guards
from repertory.actors.definitions.work import weight
from repertory.actors.errors import GuardFailed


class Standing:
    """What a guard sees of a workflow."""

    def __init__(self, context: Any) -> None:
        self.context = context


def holds(expression: str, context: Any = None, **event: Any) -> bool:
    methods, faults = compile_guards({"g": expression}, None)
    assert faults == []
    return methods["g"](Standing({} if context is None else context), **event)


def told(expression: str, **fields: str) -> str:
    declared = {name: Field(parse_type(type)) for name, type in fields.items()}
    methods, faults = compile_guards({"g": expression}, declared or None)
    assert methods == {}
    return " ".join(fault.what for fault in faults)


LINES = "array<{price: number, quantity: integer, note: optional:{text: string}}>"


@pytest.mark.parametrize(
    ("expression", "parts"),
    [
        ("context.n > 'a'", ["> can't be applied to (int, string)"]),
        ("context.n * 2.5 > 1.0", ["* can't be applied to (int, double)", "2.0 for 2"]),
        ("context.n", ["gives a number"]),
        ("context.n > 1 && context.n", ["&& can't be applied to (bool, int)"]),
        ("size(context.n) > 0", ["size can't be applied to (int)"]),
        ("has(context.n) && context.n > 'a'", ["> can't be applied to (int, string)"]),
        ("context.numbers.exists(x, x > 'a')", ["> can't be applied to (int, string)"]),
        ("context.name + 1 == 'a'", ["can't be applied to"]),
        ("context.n == null", ["== can't be applied to (int, null_type)"]),
        ("context.n ? true : false", ["? : can't be applied to (int, bool, bool)"]),
        ("context.kind == 'bugg'", ["'bugg' is none of its values", "'bug', 'chore'"]),
        ("'bugg' != context.kind", ["'bugg' is none of its values"]),
        ("context.kind in ['bug', 'chor']", ["'chor' is none of its values"]),
        ("context.lines.exists(l, l.prise > 1.0)", ["l has no field 'prise'", "mean 'price'"]),
        ("context.lines[0].prise > 1.0", ["context.lines[0] has no field 'prise'"]),
        ("context.lines.all(l, has(l.note) && l.note.txt == 'a')", ["l.note has no field 'txt'"]),
        ("context.lines.filter(l, l.prise > 1.0).size() > 0", ["l has no field 'prise'"]),
        ("context.name.matches('(')", ["'(' is no pattern", "missing )"]),
        ("matches(context.name, '[')", ["'[' is no pattern", "missing ]"]),
        ("context.name.matches(event.p)", ["needs a pattern that is written out, in quotes"]),
        ("matches(context.name, 'a' + 'b')", ["needs a pattern that is written out"]),
        ("context.name.matches('(.{30}a){30}')", ["repeats too much for a guard"]),
        (r"context.name.matches('a\x7b999}')", ["repeats too much for a guard"]),
        (r"context.name.matches(r'\pL{9}')", ["repeats too much for a guard"]),
    ],
)
def test_what_the_declared_types_do_not_allow_is_refused_when_it_is_loaded(
    expression: str, parts: list[str]
) -> None:
    types = {"n": "integer", "name": "string", "numbers": "array<integer>", "lines": LINES}
    said = told(expression, **types, kind="enum:['bug', 'chore']")
    for part in parts:
        assert part in said


@pytest.mark.parametrize(
    "expression",
    [
        "context.n > 1.5 && context.f == 2 && context.n in [2.0, 3.0]",
        "2.0 in context.numbers || context.numbers == [1.0]",
        "(context.n > 1 ? context.n : context.f) > 1.5",
        "context.kind == 'bug' || context.kind in ['chore'] || context.kind == event.kind",
        "context.lines.exists(l, l.price * double(l.quantity) > 1.0 && has(l.note))",
        "context.lines[0]['price'] > 1.0 && 'note' in context.lines[0]",
        "context.maybe == null || context.maybe > 3",
        "context.free.a.b == 1 && context.object.x > 1",
        "context.name.matches('^a') && matches(context.name, r'b{2,9}$')",
        "context.kind.startsWith('b') && context.lines.size() > 0",
    ],
)
def test_what_works_when_it_runs_is_not_refused_for_its_types(expression: str) -> None:
    types = {"n": "integer", "f": "number", "name": "string", "numbers": "array<integer>"}
    others = {"lines": LINES, "maybe": "optional:integer", "free": "any", "object": "object"}
    kinds = {**types, **others, "kind": "enum:['bug', 'chore']"}
    declared = {name: Field(parse_type(type)) for name, type in kinds.items()}
    methods, faults = compile_guards({"g": expression}, declared)
    assert faults == []
    assert [*methods] == ["g"]


@pytest.mark.parametrize(
    ("expression", "context", "event"),
    [
        ("context.status == 'passed'", {"status": "passed"}, {}),
        ("context.a.b.c >= 2", {"a": {"b": {"c": 2}}}, {}),
        ("context.n + 1 > event.m * 2", {"n": 10}, {"m": 5}),
        ("context.n % 2 == 0 && !(context.n > 10 || context.n < 0)", {"n": 4}, {}),
        ("context.x != null", {"x": 3}, {}),
        ("context.x == null", {"x": None}, {}),
        ("'a' in context.tags", {"tags": ["a", "b"]}, {}),
        ("event.kind in ['bug', 'chore']", {}, {"kind": "bug"}),
        ("'x' in context", {"x": 1}, {}),
        ("'x' in event && size(event) == 1", {}, {"x": 1}),
        ("!('x' in event)", {}, {}),
        ("size(context.items) == 2", {"items": [1, 2]}, {}),
        ("count(context.items) == 2 && context.items.count() == 2", {"items": [1, 2]}, {}),
        ("context.count == 5", {"count": 5}, {}),
        ("context.name.startsWith('A') && size(context.name) == 3", {"name": "Ada"}, {}),
        ("has(context.x) ? context.x > 1 : true", {}, {}),
        ("context.gone == 1 || context.here == 2", {"here": 2}, {}),
        ("context.list.exists(n, n > 2) && context.list.all(n, n > 0)", {"list": [1, 3]}, {}),
        ("context.list.filter(n, n > 1).size() == 1", {"list": [1, 3]}, {}),
        ("context['odd name'] == 1", {"odd name": 1}, {}),
        ("context.float > 1 && context.float == 1.5", {"float": 1.5}, {}),
        ("double(context.n) * 2.5 == 5.0", {"n": 2}, {}),
        ('context.text == "context.other"', {"text": "context.other"}, {}),
        ("context.pair == [1, 2]", {"pair": (1, 2)}, {}),
    ],
)
def test_an_expression_over_context_and_event(
    expression: str, context: dict[str, Any], event: dict[str, Any]
) -> None:
    assert holds(expression, context, **event) is True
    assert holds(f"!({expression})", context, **event) is False


@pytest.mark.parametrize(
    ("expression", "parts"),
    [
        ("", ["empty"]),
        ("context.a ==", ["Guard 'g'"]),
        ("contxt.a == 1", ["nothing called 'contxt", "did you mean 'context.a'?"]),
        ("evnt == 1", ["did you mean 'event'?"]),
        ("evnt.weight == 1", ["'evnt.weight'", "did you mean 'event.weight'?"]),
        ("sise(context.a) > 1", ["'sise'", "did you mean 'size'?"]),
        ("open('/etc/passwd') == ''", ["'open'"]),
        ("__import__('os').system('true')", ["'__import__'"]),
        ("context.a * 2.0 > 1", ["can't be applied", "2.0 for 2"]),
        ("1 + 1", ["gives a number", "true or false"]),
        ("'text'", ["gives text"]),
        ("context.list.map(x, x) == []", ["'map'"]),
        ("context.list.all(context, context > 1)", ["'context' can't name"]),
        ("event.source == 1", ["no event's data may have a field 'source'"]),
        ("true && " * 200 + "true", ["longer than 1000"]),
        ("context.a == '\ud800'", ["surrogate"]),
        ("(" * 400 + "true" + ")" * 400, ["Guard 'g'"]),
    ],
)
def test_what_an_expression_is_refused_for_when_it_is_loaded(
    expression: str, parts: list[str]
) -> None:
    said = told(expression)
    for part in parts:
        assert part in said


def test_fields_that_the_context_does_not_declare_are_refused() -> None:
    assert "did you mean 'total'?" in told("context.totl > 1", total="integer")


def test_types_that_the_context_declares_are_checked() -> None:
    assert "can't be applied to (string, int)" in told("context.name > 1", name="string")
    assert "can't be applied" in told("context.open == 'yes'", open="boolean")


def test_whole_and_fractional_numbers_of_a_declared_context_can_be_compared() -> None:
    fields = {"n": Field(parse_type("integer")), "x": Field(parse_type("float"))}
    methods, faults = compile_guards({"g": "context.n >= 2.5 && context.x < 3"}, fields)
    assert faults == []
    assert methods["g"](Standing({"n": 3, "x": 2.5}))


@pytest.mark.parametrize(
    ("expression", "context", "why"),
    [
        ("context.x > 1", {}, "the context has no 'x'"),
        ("event.x > 1", {}, "the event has no 'x'"),
        ("context.x > 1", {"x": "a"}, "types don't match"),
        ("context.x / context.y > 1", {"x": 1, "y": 0}, "divide by zero"),
        ("context.x", {"x": 3}, "it gives 3, not true or false"),
        ("context.x > 1", {"x": 2**70}, "out of range"),
    ],
)
def test_what_can_not_be_worked_out_is_an_error_that_names_guard_and_reason(
    expression: str, context: dict[str, Any], why: str
) -> None:
    with pytest.raises(GuardFailed) as caught:
        holds(expression, context)
    assert (caught.value.guard, caught.value.expression) == ("g", expression)
    assert why in str(caught.value)
    assert "Guard 'g'" in str(caught.value)


@pytest.mark.parametrize(
    ("expression", "context"),
    [
        ("context.a.exists(x, context.a.exists(y, x + y < 0))", {"a": list(range(1_500))}),
        ("context.a.all(x, x in context.a)", {"a": list(range(5_000))}),
        ("context.a.all(x, context.s.contains('b'))", {"a": list(range(99)), "s": "a" * 200_000}),
        ("size(context.a) > 1", {"a": [[0] * 1000] * 100}),
        ("size(context.a) > 1", {"a": {"b": "x" * 2_000_000}}),
    ],
)
def test_a_guard_does_not_run_for_long_whatever_it_is_given(
    expression: str, context: dict[str, Any]
) -> None:
    with pytest.raises((GuardFailed, RuntimeError)):
        holds(expression, context)


LONG = "ab" * 40_000
MANY = list(range(1_900))


@pytest.mark.parametrize(
    ("expression", "context"),
    [
        ("context.a.all(x, context.s + context.s != '')", {"a": MANY, "s": LONG}),
        ("context.a.all(x, context.a + context.a + context.a + [1, 2, 3] != [])", {"a": MANY}),
        ("context.a.all(x, !context.s.matches('a.{300}c'))", {"a": MANY, "s": LONG}),
        ("context.a.all(x, context.s.matches('a{300}') || true)", {"a": MANY, "s": ""}),
        ("context.a.all(x, !context.s.contains(context.t))", {"a": MANY, "s": LONG, "t": LONG}),
        ("context.s.contains(context.t)", {"s": "a" * 500_000, "t": "a" * 250_000 + "b"}),
        ("!context.s.matches('a.{300}c')", {"s": LONG * 6}),
        (" + ".join(["context.s"] * 30) + " != ''", {"s": LONG * 10}),
        (
            "'x'.startsWith('y') || context.d.exists(k, k + k == '')",
            {"d": {LONG: 1, **dict.fromkeys("abcdefghijkl"), **{str(n): n for n in MANY}}},
        ),
    ],
)
def test_what_would_be_minutes_of_work_in_the_library_is_refused_before_it_begins(
    expression: str, context: dict[str, Any]
) -> None:
    with pytest.raises(GuardFailed, match="too much work; have an action work it out"):
        holds(expression, context)


@pytest.mark.parametrize(
    ("expression", "context"),
    [
        ("context.a.all(x, x + 1 + 2 - 3 > -1)", {"a": MANY}),
        ("context.a.all(x, x.matches('^[A-Z]{2,5}-[0-9]{1,6}$'))", {"a": ["AB-12"] * 1_900}),
        ("context.s.matches('^[ab]+$') && context.s.contains('ba')", {"s": LONG}),
        ("context.s.contains(context.t)", {"s": LONG, "t": "ba"}),
        ("context.a.exists(x, context.a.exists(y, x + y == 9))", {"a": list(range(90))}),
        ("context.m.matches('^.{1,64}@.{1,255}$')", {"m": "who@example.org"}),
    ],
)
def test_what_is_asked_of_much_data_in_earnest_is_worked_out(
    expression: str, context: dict[str, Any]
) -> None:
    assert holds(expression, context)


ITEMS = [
    {"id": f"i-{n}", "price": float(n), "tags": ["a", "b"], "note": "n" * 60, "open": True}
    for n in range(600)
]
TEXT = "lorem ipsum " * 700
NAMES = [f"x{n}" for n in range(1_500)]


@pytest.mark.parametrize(
    ("expression", "given"),
    [
        ("context.text.contains(event.word)", {"text": TEXT, "word": "zzz" * 100}),
        ("context.text.matches('^[A-Z]{2,3}-[0-9]+$')", {"text": TEXT}),
        ("context.text + ' ' + event.word == 'x'", {"text": TEXT, "word": TEXT}),
        ("context.items.exists(i, i.price > 1e9)", {"items": ITEMS}),
        ("context.items.exists(i, i.id == event.word)", {"items": ITEMS, "word": "none"}),
        ("context.items.exists(i, i.note.contains(event.word))", {"items": ITEMS, "word": "z"}),
        ("context.items.exists(i, i.id.matches('^x[0-9]+$'))", {"items": ITEMS}),
        ("context.items.exists(i, 'c' in i.tags || size(i.note) > 99)", {"items": ITEMS}),
        (
            "!context.items.all(i, i.price >= 0.0 && i.id != '' && size(i.tags) > 0 && i.open "
            "&& i.note != 'x' && i.id.startsWith('i-'))",
            {"items": ITEMS},
        ),
        ("size(context.items.filter(i, i.price > 5.0)) > 999", {"items": ITEMS}),
        ("context.names.exists(n, context.text.contains(n))", {"names": NAMES, "text": TEXT}),
        ("context.names.exists(n, !(n in event.known))", {"names": NAMES, "known": NAMES}),
        ("context.names.exists(n, n.matches('^y[0-9]{1,5}$'))", {"names": NAMES}),
        (
            "context.names.exists(n, event.known.exists(k, n == k && context.text.contains(n)))",
            {"names": NAMES[:60], "known": ["y"] * 60, "text": TEXT[:4000]},
        ),
    ],
)
def test_what_is_asked_of_ordinary_data_is_worked_out(
    expression: str, given: dict[str, Any]
) -> None:
    event = {key: given[key] for key in ("word", "known") if key in given}
    assert holds(expression, given, **event) is False


def test_many_comparisons_of_whole_lists_are_refused_however_they_are_nested() -> None:
    context = {"a": [[1] * 60] * 60, "b": list(range(100))}
    with pytest.raises(GuardFailed, match="too much work; have an action work it out"):
        holds("context.b.all(x, context.b.all(y, context.a == context.a))", context)


def test_patterns_that_cost_seconds_to_make_ready_are_told_when_they_are_loaded() -> None:
    assert "repeats too much" in told("event.x.matches('" + "[a-z]{1,1000}" * 60 + "')")


@pytest.mark.parametrize(
    ("pattern", "states"),
    [
        ("", 0),
        ("abc", 3),
        (r"\.a{3}", 4),
        ("[a-z{9}]{2,8}x", 9),
        ("(ab{3}){10}", 40),
        ("(a(b){2}){3,}", 9),
        ("a{,9}", 5),
        ("a)){5}(", 1),
        ("[]a]{4}", 4),
    ],
)
def test_a_pattern_is_as_heavy_as_its_repetitions_counted_out(pattern: str, states: int) -> None:
    assert weight(pattern) == states


def test_what_runs_out_of_its_budget_is_told_as_any_other_failure() -> None:
    with pytest.raises(GuardFailed, match="can't be worked out"):
        holds("context.a.exists(x, context.a.exists(y, x + y < 0))", {"a": list(range(1_500))})


def test_only_the_fields_that_are_named_are_handed_over() -> None:
    found = uses("context.a > 1 && event.b.c == 'context.d' && context.e.all(x, x > 0)")
    assert set(found.fields) == {("context", "a"), ("event", "b"), ("context", "e")}
    assert found.whole == frozenset()
    assert found.loops
    assert uses("'a' in context").whole == {"context"}
    assert uses("has(context.a)").whole == {"context"}
    assert uses("has(context.a.b)").fields == {("context", "a"): 4}
    assert uses("context.size() > 1").whole == {"context"}


@given(st.text(max_size=80))
def test_any_text_is_a_guard_or_a_fault(text: str) -> None:
    methods, faults = compile_guards({"g": text}, None)
    assert len(methods) + bool(faults) == 1


_words = st.sampled_from(
    ["context", "event", ".", "a", "(", ")", "[", "]", "==", "&&", "!", "in", "size", "count",
     "'x'", '"', "1", "2.5", "map", "exists", ",", "has", "?", ":", "//", "\n", "r'", "'''"]
)  # fmt: skip


@given(st.lists(_words, max_size=25).map(" ".join), st.dictionaries(st.text(), st.integers()))
def test_what_looks_like_a_guard_is_one_or_a_fault_and_ends(text: str, context: Any) -> None:
    methods, faults = compile_guards({"g": text}, None)
    assert len(methods) + bool(faults) == 1
    for guard in methods.values():
        try:
            assert guard(Standing(context), a=1) in (True, False)
        except GuardFailed:
            pass


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=30,
)


@given(_json)
def test_size_is_counted_over_all_that_is_inside(value: Any) -> None:
    def parts(one: Any) -> int:
        inner = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        return len(inner) + sum(parts(part) for part in inner)

    def characters(one: Any) -> int:
        if isinstance(one, str):
            return len(one)
        inner = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        return sum(characters(part) for part in inner)

    assert not too_large(value, parts(value), characters(value))
    assert too_large(value, parts(value) - 1, characters(value))
    assert too_large(value, parts(value), characters(value) - 1)
