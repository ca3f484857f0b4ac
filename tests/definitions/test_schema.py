"""The schemas say what the loader says: what one of them refuses, the other does too."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from repertory.actors import load_definitions
from repertory.actors.definitions import document_schema
from repertory.actors.errors import FaultyDocument

from .samples import ENVIRONMENT, HEAD, ORDER, RUNNING, SWARM, TWO_STATES, needs_swarm
from .test_any_bytes import _document, toml

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "tests" / "fuzz" / "corpus"
VALUES = {**ENVIRONMENT, "HOOK": "https://hooks.example/T0P5ECRET", "KEY": "ghp_0123456"}
FORMS = ("native", "swarm")
SCHEMAS = {form: Draft7Validator(document_schema(form)) for form in FORMS}  # type: ignore[arg-type]  # they are these
WHOLE = {
    "native": tomllib.loads((CORPUS / "all.toml").read_text()),
    "swarm": tomllib.loads((CORPUS / "swarm.toml").read_text()),
}
Path_ = tuple[str | int, ...]
OTHERS: list[Any] = [
    *(3, -1, 1.5, True, "", "  ", "x", [], {}, [3], [""], [[]], ["x", 3], {"x": 1}, {"x": {}}),
    *({"type": 3}, {"to": ""}, {"seconds": 0, "to": "A"}, 2**60, [{}], [{"x": 1}]),
]


def form_of(document: dict[str, Any]) -> str:
    return "native" if "workflow" in document else "swarm"


def plain(value: Any) -> Any:
    """What an editor sees of TOML: dates are text."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


def told(document: dict[str, Any]) -> list[str]:
    """What the schema has against a document."""
    return [error.message for error in SCHEMAS[form_of(document)].iter_errors(plain(document))]


def is_loaded(document: dict[str, Any]) -> bool:
    text = "".join(f"{toml(k)} = {toml(plain(v))}\n" for k, v in document.items())
    try:
        load_definitions(text.encode(), environment=VALUES)
    except FaultyDocument:
        return False
    return True


def places(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    """All that is in a document."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


def put(document: dict[str, Any], path: Path_, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    around: Any = changed
    for key in path[:-1]:
        around = around[key]
    around[path[-1]] = value
    return changed


def keys_of(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """Every key that a schema knows, with where it is."""
    for key, inner in schema.get("properties", {}).items():
        yield f"{path}.{key}"
        yield from keys_of(inner, f"{path}.{key}")
    for name in ("anyOf", "oneOf"):
        for inner in schema.get(name, ()):
            if "type" in inner:
                yield from keys_of(inner, path)
    for name in ("additionalProperties", "items"):
        if isinstance(schema.get(name), dict):
            yield from keys_of(schema[name], f"{path}.*")


def keys_in(value: Any, path: str = "") -> set[str]:
    """Every key that a document uses, with each name and number also as a star."""
    found = {path} if path else set()
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        found |= keys_in(inner, f"{path}.*") | keys_in(inner, f"{path}.{key}")
    return found


def same(key: str) -> str:
    """What can stand in several places is one thing: a way, and a time."""
    key = re.sub(r"\.(on\.\*|always|done)(\.\*)?\.(\w+)$", r".way.\3", key)
    return re.sub(r"(\.states\.\*\.after|\.deadline)\.", ".after.", key)


@pytest.mark.parametrize("form", FORMS)
def test_a_schema_is_one_and_describes_every_key(form: Any) -> None:
    schema = document_schema(form)
    Draft7Validator.check_schema(schema)

    def look(inner: Any) -> None:
        if isinstance(inner, dict):
            for key, one in inner.get("properties", {}).items():
                if "type" in one or "anyOf" in one:
                    assert one.get("description"), key
            for one in inner.values():
                look(one)
        elif isinstance(inner, list):
            for one in inner:
                look(one)

    look({**schema, "if": None})


@pytest.mark.parametrize("form", FORMS)
def test_the_documents_of_these_tests_have_every_key_and_are_right(form: Any) -> None:
    assert told(WHOLE[form]) == []
    assert is_loaded(WHOLE[form])
    used = {same(key) for key in keys_in(WHOLE[form])}
    assert {same(key) for key in keys_of(document_schema(form))} - used == set()


@needs_swarm
@pytest.mark.parametrize("name", sorted(RUNNING))
def test_the_files_that_run_are_right(name: str) -> None:
    assert told(tomllib.loads((SWARM / name).read_text())) == []


def test_all_documents_of_this_project_are_right() -> None:
    texts = [ORDER, HEAD + TWO_STATES]
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        texts += re.findall(r"^```toml\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)
    for path in (*ROOT.glob("examples/**/*.toml"), *ROOT.glob("actors/cli/project/*.toml.txt")):
        texts.append(path.read_text())
    documents = [tomllib.loads(text) for text in texts]
    documents = [one for one in documents if "workflow" in one or "workflows" in one]
    assert len(documents) >= 5
    for document in documents:
        assert told(document) == []


def misspellable(form: str) -> list[Path_]:
    """The places of keys that are not names of the author's."""
    known = {key.rpartition(".")[2] for key in keys_of(document_schema(form))}  # type: ignore[arg-type]  # it is one
    named = ("states", "agents", "resources", "contracts", "context", "input", "output", "on")
    return [
        path
        for path in places(WHOLE[form])
        if path[-1] in known and not (len(path) > 1 and path[-2] in named) and "other" not in path
    ]


@pytest.mark.parametrize("form", FORMS)
def test_a_misspelt_key_is_refused_by_both_wherever_it_is(form: str) -> None:
    for path in misspellable(form):
        wrong = put(WHOLE[form], (*path[:-1], f"{path[-1]}x"), 1)
        assert told(wrong), path
        assert not is_loaded(wrong), path


@pytest.mark.parametrize("form", FORMS)
def test_for_every_key_there_is_something_that_both_refuse(form: str) -> None:
    anything = {"created", "default"}
    for path in misspellable(form):
        if path[-1] not in anything:
            wrong = [put(WHOLE[form], path, other) for other in OTHERS]
            assert any(told(one) and not is_loaded(one) for one in wrong), path


def agree(document: dict[str, Any]) -> None:
    """What the schema refuses, the loader refuses: an editor never tells of what is right."""
    said = told(document)
    assert not said or not is_loaded(document), said


@given(st.data(), st.sampled_from(FORMS), st.sampled_from(OTHERS))
def test_nothing_that_loads_is_refused_by_the_schema(
    data: st.DataObject, form: str, other: Any
) -> None:
    path = data.draw(st.sampled_from(list(places(WHOLE[form]))))
    agree(put(WHOLE[form], path, other))


@given(_document)
@example({"workflow": "w", "states": {"a": {"on": {"x": ""}}, "b": {"final": True}}})
@example({"workflow": "w", "states": {"a": {"on": {"x": {"to": "", "do": []}}, "final": True}}})
def test_nothing_that_was_drawn_and_loads_is_refused_by_the_schema(
    document: dict[str, Any],
) -> None:
    agree({key: value for key, value in document.items() if value is not None})


def test_the_loader_refuses_a_way_that_leads_to_no_name() -> None:
    assert not is_loaded(
        {"workflow": "w", "states": {"a": {"on": {"x": "", "y": "b"}}, "b": {"final": True}}}
    )
