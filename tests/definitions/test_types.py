"""Types as documents write them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from repertory.actors.definitions import BadType, Type, parse_type
from repertory.actors.definitions.types import type_of, violation


@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        ("string", ["", "a"], [1, None]),
        ("integer", [0, -1], ["1", 1.5, True]),
        ("u32", [0, 1], [-1]),
        ("float", [1, 1.5], ["1"]),
        ("number", [1, 1.5], ["1"]),
        ("boolean", [True, False], [0, "true"]),
        ("array<string>", [[], ["a"]], [["a", 1], "a"]),
        ("optional:string", [None, "a"], [1]),
        ("enum:['rust', \"python\"]", ["rust", "python"], ["js", 1]),
        ("enum", ["anything"], [1]),
        ("any", [None, 1, [{}]], []),
        ("object", [{}, {"a": 1}], [1]),
        ("{a: integer, b: optional:string}", [{"a": 1}, {"a": 1, "b": None}], [{}, {"a": "x"}]),
        (
            "array<{severity: enum, line: u32, description: string}>",
            [[{"severity": "high", "line": 3, "description": "d"}]],
            [[{"severity": "high", "line": -3, "description": "d"}], [{"line": 3}]],
        ),
        ("array<array<optional:{a: array<integer>}>>", [[[None, {"a": [1]}]]], [[[{"a": 1}]]]),
        (" Optional : Array < Integer > ", [None, [1]], [["a"]]),
    ],
)
def test_a_type_allows_what_it_says(text: str, good: list[Any], bad: list[Any]) -> None:
    type = parse_type(text)
    assert [violation(type, value) for value in good] == [""] * len(good)
    assert all(violation(type, value) for value in bad)
    assert parse_type(str(type)) == type


@pytest.mark.parametrize(
    "text",
    ["", "strin", "array<", "array<>", "array<string", "optional:", "enum:[]", "enum:[a]",
     "enum:['a'", "{a}", "{a: }", "{a: string", "{1: string}", "string string", "string>",
     "array<string>>", "%", "array<" * 50 + "any" + ">" * 50, "a" * 3000]
)  # fmt: skip
def test_what_is_no_type_is_told(text: str) -> None:
    with pytest.raises(BadType):
        parse_type(text)


_types = st.recursive(
    st.sampled_from(["string", "integer", "unsigned", "float", "boolean", "any", "object"]).map(
        Type
    )
    | st.lists(st.text("abc ,<>{}:", min_size=1, max_size=4), min_size=1, unique=True).map(
        lambda values: Type("enum", values=tuple(values))
    ),
    lambda inner: (
        inner.map(lambda item: Type("array", item))
        | inner.map(lambda item: Type("optional", item))
        | st.dictionaries(st.from_regex(r"[a-z]{1,3}", fullmatch=True), inner, min_size=1).map(
            lambda fields: Type("object", fields=tuple(fields.items()))
        )
    ),
    max_leaves=8,
)


@given(_types)
def test_a_type_that_is_written_and_read_again_is_the_same(type: Type) -> None:
    assert parse_type(str(type)) == type


@given(st.text(alphabet="array<optional:{}[]'\",stringenum ", max_size=60))
def test_any_text_is_a_type_or_is_refused(text: str) -> None:
    try:
        parse_type(text)
    except BadType as error:
        assert str(error)


@pytest.mark.parametrize(
    ("value", "type"),
    [(True, "boolean"), (1, "integer"), (1.5, "float"), ("a", "string"), ([1], "array<integer>"),
     ([], "array<any>"), ([1, "a"], "array<any>"), ({}, "object")]
)  # fmt: skip
def test_a_default_says_its_type(value: Any, type: str) -> None:
    assert str(type_of(value)) == type
