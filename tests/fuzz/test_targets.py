"""What `make fuzz` runs for an hour, for a moment; and what it has found."""

from __future__ import annotations

from pathlib import Path

import pytest
from repertory.actors import load_definitions
from repertory.actors.errors import FaultyDocument

from .grammar import any_document
from .targets import ENVIRONMENT

CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())

test_whatever_is_drawn_loads_or_is_refused = any_document


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: str(path.name))
def test_what_the_fuzzer_begins_with_is_sound(path: Path) -> None:
    assert load_definitions(path, environment=ENVIRONMENT)


@pytest.mark.parametrize(
    "content",
    [
        b'workflow="w"\n[states.a]\non.x=""\non.y="b"\n[states.b]\nfinal=true\n',
        b'{"states": {"a": {"transitions": [' + b"false, " * 3_000 + b"1]}}}",
        b'{"initial": "a", "states": {"a": {"on": {"x": [' + b"false, " * 3_000 + b"1]}}}}",
        b"states:\n  a: {initial: true, states: {b: {}}, history: {h: {transitions: [{on: x}]}},"
        b" transitions: [{event: c, target: d}]}\n  d: {transitions: [{target: h}]}\n",
        b"scxml: <",
        b'{"scxml": "<scxml/>"}',
    ],
    ids=[
        "no target",
        "many faults of a statechart",
        "many faults of a machine",
        "a history state that leads nowhere",
        "YAML that is called scxml",
        "JSON that is called scxml",
    ],
)
def test_what_was_found_once_is_refused(content: bytes) -> None:
    with pytest.raises(FaultyDocument):
        load_definitions(content)
