"""Whatever a document holds, loading it ends soon: in classes, or in faults with places."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from repertory.actors import load_definitions
from repertory.actors.definitions.places import Places
from repertory.actors.definitions.source import LARGEST
from repertory.actors.errors import FaultyDocument
from repertory.actors.results import Definitions

from .samples import ENVIRONMENT, HEAD, ORDER, TWO_STATES, only_fault

SWARM_TEXT = HEAD + TWO_STATES


def loaded(content: bytes) -> Definitions | None:
    """Load, and check that what is refused is refused properly."""
    try:
        return load_definitions(content, environment=ENVIRONMENT)
    except FaultyDocument as error:
        lines = content.count(b"\n") + 1
        assert error.faults
        for fault in error.faults:
            assert 1 <= fault.line <= lines
            assert fault.column >= 1
            assert fault.what
        return None


@given(st.binary(max_size=400))
def test_any_bytes(content: bytes) -> None:
    loaded(content)


@given(st.text(max_size=300))
@example("[[workflows]]\n")
@example("workflow='a'\n[states]\n")
@example("workflows = 3\n")
@example("[[workflows]]\nstates = []\nname = []\nguards = 1\ncontracts = [1]\nmetadata = ''\n")
def test_any_text(text: str) -> None:
    loaded(text.encode(errors="surrogatepass"))


_value = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2**70) | st.floats() | st.text(max_size=8)
    | st.sampled_from(["A", "B", "go", "${HOME}", "context.x > 1", "array<string>"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["name", "states", "A", "B", "handlers", "event", "target", "guards", "metadata",
             "initial_state", "description", "parent", "terminal", "timeout_seconds", "agents",
             "timeout_target", "input", "type", "on", "to", "if", "do", "in", "after", "seconds",
             "default", "final", "parallel", "parallel_execution", "history"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=25,
)  # fmt: skip
_document = st.dictionaries(
    st.sampled_from(
        ["workflow", "workflows", "metadata", "agents", "resources", "guards", "states", "context",
         "contracts", "version", "initial", "retry", "deadline"]
    ),
    _value,
    max_size=7,
)  # fmt: skip


def toml(value: Any) -> str:
    """Write a value as inline TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        inner = ", ".join(f"{toml(k)} = {toml(v)}" for k, v in value.items() if v is not None)
        return "{" + inner + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(item) for item in value if item is not None) + "]"
    if isinstance(value, str):
        plain = "".join(f"\\u{ord(c):04x}" if ord(c) < 65536 else f"\\U{ord(c):08x}" for c in value)
        return f'"{plain}"'
    if isinstance(value, float):
        return str(value) if value == value and abs(value) != float("inf") else "nan"
    return str(value)


@given(_document)
@settings(max_examples=200)
def test_any_document_that_is_toml(document: dict[str, Any]) -> None:
    lines = [f"{key} = {toml(value)}" for key, value in document.items() if value is not None]
    loaded("\n".join(lines).encode())


@given(st.data(), st.sampled_from([SWARM_TEXT, ORDER]))
def test_a_sound_document_with_a_piece_of_it_changed(data: st.DataObject, text: str) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = min(len(text), start + data.draw(st.integers(0, 30)))
    other = data.draw(st.integers(0, len(text)))
    piece = text[other : other + data.draw(st.integers(0, 30))]
    loaded((text[:start] + piece + text[end:]).encode())


@given(_document)
def test_every_key_and_value_has_its_place(document: dict[str, Any]) -> None:
    text = "\n".join(f"{k} = {toml(v)}" for k, v in document.items() if v is not None)
    places = Places(text)
    lines = text.split("\n")

    def look(value: Any, path: tuple[str | int, ...]) -> None:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            here = (*path, key)
            line, column = places.value(here)
            rest = lines[line - 1][column - 1 :]
            if isinstance(inner, dict | list):
                assert rest[:1] in "[{"
                look(inner, here)
            elif isinstance(inner, str):
                assert rest[:1] == '"'

    look(tomllib.loads(text), ())


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 100_000,
        "a = " + "{a=" * 50_000,
        "a = " + "[" * 500 + "]" * 500,
        "a" + ".a" * 200_000 + " = 1",
        "[" + "a." * 200_000 + "a]",
        '"""' + "\\" * 300_000,
        "'''" + "'" * 300_000 + "\n" * 1000,
        "x = " + "9" * 500_000,
        "".join(f"[a{n}.b.c.d.e.f]\n" for n in range(20_000)),
        "[[a]]\n" * 60_000,
        'workflow = "w"\n' + "".join(f'[states.s{n}]\non.e = "s{n + 1}"\n' for n in range(2_500)),
        'workflow = "w"\n' + "".join(f'[states.s{n}]\nin = "s{n + 1}"\n' for n in range(1_500)),
        'workflow = "w"\n' + "".join(f'[states.s{n}]\nin = "s{n - 1}"\n' for n in range(1_500)),
        'workflow = "w"\nx = "' + "context." * 50_000 + '"',
    ],
    ids=lambda text: text[:12],
)
def test_what_would_take_for_ever_is_refused(text: str) -> None:
    assert loaded(text.encode()) is None


def test_a_document_that_is_too_large_is_refused_without_reading_it() -> None:
    fault = only_fault(b"#" * (LARGEST + 1))
    assert "longer than" in fault.what


def test_line_ends_and_marks_of_other_systems_are_fine() -> None:
    text = "\ufeff" + SWARM_TEXT.replace("\n", "\r\n")
    assert loaded(text.encode()) is not None or True
    definitions = load_definitions(text.encode(), environment={})
    assert list(definitions) == ["document_example"]
