"""A typed Python module of the states and events that a document describes."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from .definitions import Definitions
from .model import Field, WorkflowDefinition
from .names import identifier
from .types import Type

_TYPES = {
    "string": "str",
    "integer": "int",
    "unsigned": "int",
    "float": "float",
    "boolean": "bool",
    "object": "dict[str, Any]",
    "any": "Any",
}


def stub_module(definitions: Definitions, source: str = "a document") -> str:
    """Return a module with an enum of states and one of events for each workflow.

    Events and states can be given by their members wherever Repertory takes names, so that a
    type checker finds those that do not exist. A context that declares its fields gets a TypedDict,
    and so does what goes into an event that has a contract.

    Arguments:
        definitions: what has been loaded.
        source: what it was loaded from, for the module's first line.
    """
    lines = [
        f'"""States and events of {source}; written by `repertory stubs`."""',
        "",
        "from __future__ import annotations",
        "",
        "from enum import StrEnum",
        "from typing import Any, Final, Literal, NotRequired, TypedDict",
    ]
    exported: list[str] = []
    for workflow in definitions.document.workflows:
        events = sorted(definitions[workflow.name].public_events())
        for name, body in _parts(workflow, events):
            exported.append(name)
            lines += ["", "", *body]
    listed = ", ".join(f'"{name}"' for name in exported)
    lines += ["", "", f"__all__ = [{listed}]"]
    used = "\n".join(lines[6:])
    wanted = [n for n in ("Any", "Final", "Literal", "NotRequired", "TypedDict") if n in used]
    lines[5] = f"from typing import {', '.join(wanted)}"
    return "\n".join(lines) + "\n"


def _parts(workflow: WorkflowDefinition, events: list[str]) -> Iterator[tuple[str, list[str]]]:
    base = _camel(workflow.name)
    states = [state.name for state in workflow.walk()]
    yield f"{base}State", _enum(f"{base}State", f"The states of {workflow.name}.", states)
    yield f"{base}Event", _enum(f"{base}Event", f"The events of {workflow.name}.", events)
    yield (
        f"{_constant(workflow.name)}_VERSION",
        [
            f"{_constant(workflow.name)}_VERSION: Final = {workflow.version}",
            '"""The version of the definition."""',
        ],
    )
    if workflow.context is not None:
        name = f"{base}Context"
        yield name, _context(name, workflow.name, workflow.context)
    for contract in workflow.contracts.values():
        if contract.input and contract.name in events:
            name = f"{base}{_camel(contract.name)}Data"
            doc = f"What goes into event {contract.name} of {workflow.name}."
            yield name, _typed_dict(name, doc, contract.input, ())


def _enum(name: str, doc: str, values: list[str]) -> list[str]:
    lines = [f"class {name}(StrEnum):", f'    """{doc}"""', ""]
    taken: set[str] = set()
    for value in values:
        member = _unlike(_constant(value), taken)
        taken.add(member)
        lines.append(f'    {member} = "{value}"')
    return lines


def _context(name: str, workflow: str, fields: Mapping[str, Field]) -> list[str]:
    types = {key: field.type for key, field in fields.items()}
    given = [key for key, field in fields.items() if field.default is not msgspec.UNSET]
    return _typed_dict(name, f"The context that {workflow} is started with.", types, given)


def _typed_dict(
    name: str, doc: str, fields: Mapping[str, Type], optional: Iterable[str]
) -> list[str]:
    known = set(optional)
    if not all(key.isidentifier() and not keyword.iskeyword(key) for key in fields):
        inner = ", ".join(f'"{key}": "{_type(type)}"' for key, type in fields.items())
        return [f'{name} = TypedDict("{name}", {{{inner}}})']
    lines = [f"class {name}(TypedDict):", f'    """{doc}"""', ""]
    for key, type in fields.items():
        text = _type(type)
        if key in known or type.kind == "optional":
            text = f"NotRequired[{text}]"
        lines.append(f"    {key}: {text}")
    return lines


def _type(type: Type) -> str:
    item = "Any" if type.item is None else _type(type.item)
    if type.kind == "array":
        return f"list[{item}]"
    if type.kind == "optional":
        return f"{item} | None"
    if type.kind == "enum":
        return f"Literal[{', '.join(map(repr, type.values))}]"
    if type.kind == "object":
        return "dict[str, Any]"
    return _TYPES[type.kind]


def _camel(name: str) -> str:
    parts = [part for part in identifier(name).split("_") if part]
    return "".join(part[:1].upper() + part[1:] for part in parts) or "Workflow"


def _constant(name: str) -> str:
    text = identifier(name)
    words = "".join(
        f"_{letter}" if letter.isupper() and before.islower() else letter
        for before, letter in zip(f"_{text}", text, strict=False)
    )
    return words.upper().lstrip("_") or "_"


def _unlike(name: str, taken: set[str]) -> str:
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    return candidate
