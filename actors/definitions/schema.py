"""JSON Schema of the TOML forms, from the same tables that documents are read with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from .keys import NOT_EMPTY
from .native_keys import NATIVE
from .shapes import (
    Choice,
    Either,
    Flag,
    Listed,
    Named,
    Names,
    Nested,
    Number,
    Shape,
    Text,
    Texts,
    Variants,
)
from .swarm_keys import SWARM

DRAFT = "http://json-schema.org/draft-07/schema#"
"""The newest draft that editors of TOML know."""
_LONGEST_NAME = 100

_FORMS: Mapping[str, tuple[str, str, Mapping[str, Shape]]] = {
    "native": ("Repertory workflow", "A workflow in the short form.", NATIVE),
    "swarm": ("Swarm.toml", "Agents, resources and workflows.", SWARM),
}


def document_schema(form: Literal["native", "swarm"] = "native") -> dict[str, Any]:
    """Return the JSON Schema (draft 7) of documents of a form.

    Arguments:
        form: "native" for the short form, "swarm" for Swarm.toml.

    Returns:
        the schema, as what `json.dumps` takes.

    Example:
        >>> document_schema("native")["required"]
        ['workflow', 'states']
    """
    title, says, keys = _FORMS[form]
    return {"$schema": DRAFT, "title": title, **_table(Nested(says, keys=keys))}


def _schema(shape: Shape) -> dict[str, Any]:
    said: dict[str, Any] = {"description": shape.says} if shape.says else {}
    match shape:
        case Text():
            text = {"type": "string"}
            if not shape.required:
                return {**said, **text}
            if shape.known:
                # Those that are known come first, so that editors offer them.
                return {**said, **text, "anyOf": [{"enum": list(shape.known)}, NOT_EMPTY]}
            return {**said, **text, **NOT_EMPTY}
        case Choice():
            return {**said, "type": "string", "enum": list(shape.values)}
        case Flag():
            return {**said, "type": "boolean"}
        case Number():
            kind = "integer" if shape.whole else "number"
            if shape.least is None:
                return {**said, "type": kind}
            bound = "exclusiveMinimum" if shape.above else "minimum"
            return {**said, "type": kind, bound: shape.least, "maximum": shape.most}
        case Texts():
            return {**said, "type": "array", "items": {"type": "string", **NOT_EMPTY}}
        case Names():
            return {**said, "anyOf": [{"type": "string"}, _schema(Texts(""))]}
        case Either():
            return {**said, "anyOf": [_schema(one) for one in shape.of]}
        case Listed():
            items = {**said, "type": "array", "items": _schema(shape.of)}
            return {**items, "minItems": shape.least} if shape.least else items
        case Named():
            return _named(shape, said)
        case Variants():
            return _variants(shape, said)
        case Nested():
            return _table(shape)
    return said


def _table(shape: Nested) -> dict[str, Any]:
    required = [key for key, inner in shape.keys.items() if inner.required]
    return {
        "description": shape.says,
        "type": "object",
        "properties": {key: _schema(inner) for key, inner in shape.keys.items()},
        **({"required": required} if required else {}),
        "additionalProperties": False,
        **shape.more,
    }


def _named(shape: Named, said: dict[str, Any]) -> dict[str, Any]:
    table = {**said, "type": "object", "additionalProperties": _schema(shape.of)}
    if shape.names:
        table["propertyNames"] = {"pattern": shape.names, "maxLength": _LONGEST_NAME}
    return {**table, "minProperties": 1} if shape.required else table


def _variants(shape: Variants, said: dict[str, Any]) -> dict[str, Any]:
    found = []
    for value, inner in shape.of.items():
        key = Choice(inner.says, required=True, values=(value,))
        found.append(
            _table(Nested(inner.says, keys={shape.key: key, **inner.keys}, more=inner.more))
        )
    choice = _schema(Choice(shape.says, required=True, values=tuple(shape.of)))
    return {
        **said,
        "type": "object",
        "properties": {shape.key: choice},
        "required": [shape.key],
        "oneOf": found,
    }
