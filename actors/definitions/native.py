"""Reads the short form: one workflow, its states, and what each event does in them."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from .draft import Draft
from .model import Document, Field, Retry, WorkflowDefinition
from .names import is_name
from .native_keys import FIELD, NATIVE
from .native_states import WORDS, NativeStates, read_after
from .parts import read_agent, read_contract, read_resource
from .places import Path
from .source import Source
from .table import Table
from .types import BadType, Type, parse_type, type_of, violation

_LONG = 20
"""Longer keys are no slips of `type`."""


def is_native(data: Mapping[str, object]) -> bool:
    """Tell whether a document looks like the short form."""
    if isinstance(data.get("workflow"), list | dict) and "metadata" in data:
        return False  # a Swarm.toml with a misspelt [[workflows]]
    return "workflow" in data or ("states" in data and "workflows" not in data)


def read_native(source: Source) -> tuple[Document, list[Draft]]:
    """Read a document in the short form, noting what is wrong with it as `source.faults`.

    Returns:
        the document without its workflow, and that as it has been read.
    """
    root = Table(source, (), source.data, "the document", NATIVE)
    name = root.text("workflow")
    if name and not is_name(name):
        what = f"{name[:60]!r} can't be the name of a workflow: names are of letters, digits, '_'"
        root.fault("workflow", f"{what} and '-', and begin with a letter.", name, value=True)
    version = root.number("version")
    description = root.text("description")
    initial = root.text("initial")
    deadline = read_after(root, "deadline", "the workflow")
    paths: dict[tuple[str | int, ...], Path] = {
        ("deadline",): ("deadline", "send" if deadline and deadline.event else "to"),
        ("name",): ("workflow",),
        ("initial",): ("initial",),
    }
    guards = {}
    for guard, text, inner in root.each_text("guards", "guard"):
        guards[guard] = text
        paths["guard", guard] = (*inner.path, guard)
    agents = {key: read_agent(key, table) for key, table in root.named("agents", "agent")}
    resources = {key: read_resource(key, t) for key, t in root.named("resources", "resource")}
    contracts = {key: read_contract(key, t) for key, t in root.named("contracts", "the contract")}
    context = read_context(root.table("context", "the context")) if "context" in root else None
    retry = read_retry(root.table("retry", "'retry'")) if "retry" in root else None
    states = NativeStates(root, initial, guards, paths)
    root.close()
    document = Document("native", (), agents, resources, name, str(int(version or 1)), description)
    workflow = WorkflowDefinition(
        name=name,
        initial=states.initial,
        states=states.top,
        version=int(version or 1),
        description=description,
        guards=states.guards,
        context=context,
        contracts=contracts,
        deadline=deadline,
        retry=retry,
    )
    return document, [Draft(source, workflow, (), paths, WORDS)]


def read_retry(table: Table) -> Retry | None:
    """Read how what failed is tried again."""
    limit, backoff = table.number("limit"), table.number("backoff")
    table.close()
    table.missing("limit", "'retry' has no 'limit'; say how often, as in { limit = 3 }.")
    if limit is None:
        return None
    return Retry(int(limit), backoff or 0.0)


def read_context(table: Table) -> dict[str, Field]:
    """Read the fields of a context."""
    found = {}
    for name in table:
        field = _field(name, table)
        if not name.isidentifier() or name.startswith("_"):
            what = f"{name[:60]!r} can't be a field of the context: it must be a name in Python."
            table.fault(name, what, name)
        elif field is not None:
            found[name] = field
    return found


def _field(name: str, table: Table) -> Field | None:
    """A type as text, a default that says its type itself, or a table with both."""
    given: Any = table.raw(name)
    if isinstance(given, str):
        try:
            return Field(parse_type(given))
        except BadType as error:
            why = f"{error}; " if given.strip() else "an empty text is no type; "
            what = f'where text is the default, say {{ type = "string", default = "{given}" }}'
            table.fault(name, f"{name!r} of {table.what}: {why}{what}.", name, value=True)
            return None
    if isinstance(given, dict) and not {"type", "default"}.isdisjoint(given):
        path = (*table.path, name)
        inner = Table(table.source, path, given, f"field {name!r} of the context", FIELD)
        inner.missing(
            "type", f"Field {name!r} of the context has a default and no type; give it one."
        )
        type = inner.parsed("type", parse_type)
        default = inner.raw("default")
        inner.close()
        if type is None:
            return None
        if "default" not in inner:
            return Field(type)
        if why := violation(type, default):
            what = f"The default of {name!r} is no {type}: {why}."
            inner.fault("default", what, name, value=True)
            return None
        return Field(type, default)
    if isinstance(given, dict) and (misspelt := _meant_for_a_type(given)):
        inner = Table(table.source, (*table.path, name), given, f"field {name!r}", None)
        what = (
            f"Unknown key {misspelt!r} of field {name!r} of the context; did you mean 'type'? "
            f'Where the table is the default, say {{ type = "object", default = … }}.'
        )
        inner.fault(misspelt, what)
        return None
    type = type_of(given)
    if type is None or _unwritable(type, given):
        what = f'Field {name!r} of the context needs a type, such as "string", or a default.'
        table.fault(name, what, name, value=True)
        return None
    return Field(type, given)


def _meant_for_a_type(given: Mapping[str, Any]) -> str:
    """Return the key of a table that is `type`, misspelt, or ""; `time` and the like are none."""
    for key, value in given.items():
        if isinstance(value, str):
            cutoff = 0.75 if _is_type(value) else 0.85
            if get_close_matches(key[:_LONG].casefold(), ("type",), cutoff=cutoff):
                return key
    return ""


def _is_type(text: str) -> bool:
    try:
        parse_type(text)
    except BadType:
        return False
    return True


def _unwritable(type: Type, value: Any) -> bool:
    try:
        return bool(violation(type, value))
    except BadType:
        return True
