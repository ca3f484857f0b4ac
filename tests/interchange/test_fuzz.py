"""Whatever a document of another tool holds, loading it ends in a class, or in faults."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repertory.actors import load_definitions
from repertory.actors.definitions.interchange import to_scxml, to_xstate

from tests.definitions.samples import ORDER, only_fault
from tests.definitions.test_any_bytes import loaded

(order,) = load_definitions(ORDER).values()
CORPUS = Path(__file__).parents[1] / "fuzz" / "corpus"
SOUND = [to_scxml(order), to_xstate(order), *(path.read_text() for path in CORPUS.iterdir())]
KEYS = [
    *("id", "initial", "states", "on", "always", "after", "onDone", "entry", "exit", "type", "a"),
    *("history", "target", "meta", "repertory", "guard", "actions", "reenter", "params", "way"),
    *("context", "guards", "agents", "deadline", "seconds", "to", "retry", "1000", "b", "invoke"),
]
value = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 2**70)
    | st.sampled_from(["a", "b", "#a", ".a", "#m.a.b", "parallel", "final", "history", "deep", ""]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=25,
)


@given(st.dictionaries(st.sampled_from(KEYS), value, max_size=8))
@settings(max_examples=80, deadline=None)
def test_any_json(document: dict[str, Any]) -> None:
    loaded(json.dumps({"states": {}, **document}).encode())


@given(st.data(), st.sampled_from(SOUND))
@settings(max_examples=150, deadline=None)
def test_a_sound_document_with_a_piece_of_it_changed(data: st.DataObject, text: str) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = min(len(text), start + data.draw(st.integers(0, 40)))
    other = data.draw(st.integers(0, len(text)))
    piece = text[other : other + data.draw(st.integers(0, 40))]
    loaded((text[:start] + piece + text[end:]).encode())


@given(
    st.recursive(
        st.sampled_from(['<state id="a"/>', "<final/>", '<transition event="e" target="a"/>', "x"]),
        lambda inner: st.builds(
            lambda tag, children: f'<{tag} id="b" initial="a">{"".join(children)}</{tag}>',
            st.sampled_from(
                ["state", "parallel", "history", "final", "onentry", "send", "datamodel", "script"]
            ),
            st.lists(inner, max_size=4),
        ),
    )
)
@settings(max_examples=60, deadline=None)
def test_any_xml(inner: str) -> None:
    loaded(f'<scxml xmlns="http://www.w3.org/2005/07/scxml">{inner}</scxml>'.encode())


@pytest.mark.parametrize(
    "text",
    [
        '{"a":' * 100_000,
        '{"states":' + '{"states":{"a":' * 60 + "{}" + "}}" * 60 + "}",
        '{"states":{'
        + ",".join(f'"s{n}":{{"on":{{"e":"s{n + 1}"}}}}' for n in range(20_000))
        + "}}",
        "<scxml>" + "<state>" * 50_000,
        "<scxml>" + "<state id='a'/>" * 30_000 + "</scxml>",
    ],
    ids=lambda text: text[:12],
)
def test_what_would_take_for_ever_is_refused(text: str) -> None:
    assert loaded(text.encode()) is None


def test_entities_are_refused_before_they_grow() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><scxml name="&b;"/>'
    assert "DOCTYPE" in only_fault(bomb).what
