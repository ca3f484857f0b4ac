"""Well-formed documents of every format, deep and wide: what a fuzzer of bytes hardly gets to."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.definitions.test_any_bytes import toml

from .targets import load_bytes

NAMES = ["A", "B", "C", "a.b", "é", "", "x" * 101, "done", "done.state.A", "*", "#A", ".B", "0"]
KEYS = [
    *("workflow", "version", "states", "initial", "context", "guards", "agents", "resources"),
    *("contracts", "deadline", "retry", "on", "always", "done", "after", "enter", "exit", "final"),
    *("in", "parallel", "history", "to", "if", "do", "inside", "seconds", "send", "type", "model"),
    *("default", "limit", "backoff", "input", "output", "endpoint", "secret_key", "description"),
    *("metadata", "workflows", "name", "initial_state", "handlers", "event", "target", "parent"),
    *("terminal", "timeout_seconds", "timeout_target", "parallel_execution", "entry_actions"),
    *("entry", "guard", "actions", "id", "meta", "repertory", "params", "onDone", "invoke"),
    *("transitions", "cond", "unless", "before", "internal", "datamodel", "expr", "assign"),
]
WORDS = [
    *NAMES,
    *(
        "shallow",
        "deep",
        "http",
        "${HOOK}",
        "${",
        "!A",
        "true",
        "event.x",
        "string",
        "optional:any",
    ),
    *("array<{a: enum:['b']}>", "array<" * 25, "context.x + 1 > event.y", "x.matches('(a*)*b')"),
    *("(" * 60 + ")" * 60, "!" * 300 + "true", " && ".join(["true"] * 120), "size([" + "1," * 400),
    *("event.x.matches('" + "[a-z]{1,1000}" * 60 + "')", "event.x.matches('(.{9}){9}')"),
    *("'" + "a" * 990 + "'", "x.exists(a, a.exists(b, b.exists(c, c > 1)))", "In('A')", "1e309"),
]
leaf = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.sampled_from([3_155_760_000, 2**53, 1e15])
    | st.sampled_from(WORDS)
    | st.text(max_size=12)
)
LEVELS = 45


def nest(inner: Any, key: str) -> Any:
    """Put a value into tables, or lists, deeper than any document may be."""
    for _ in range(LEVELS):
        inner = {key: inner, "A": {}} if key else [inner]
    return inner


value = st.recursive(
    leaf,
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.dictionaries(st.sampled_from(KEYS + NAMES), inner, max_size=8)
        | st.builds(nest, inner, st.sampled_from(["states", "in", "on", "to", ""]))
        | st.builds(lambda item, times: [item] * times, leaf, st.integers(0, 400))
    ),
    max_leaves=40,
)
documents = st.dictionaries(st.sampled_from(KEYS), value, max_size=9)


def as_toml(document: dict[str, Any]) -> str:
    """Write a document as TOML, each key a line."""
    return "".join(f"{key} = {toml(one)}\n" for key, one in document.items() if one is not None)


@given(documents, st.sampled_from(["toml", "json"]))
@settings(deadline=None)
def any_document(document: dict[str, Any], format: str) -> None:
    """Load a document that was drawn."""
    text = as_toml(document) if format == "toml" else json.dumps(document)
    load_bytes(text.encode(errors="surrogatepass"))
