"""Contexts whose fields are all text, numbers and truth: taken as they are, not written and read.

Such a value never changes, and comes back from JSON as the very same. So only one that is new is
looked at, and a large text that stays costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import inspect

from .changes import Json

LASTING = frozenset((str, int, float, bool, type(None)))
"""The types in question."""

_KINDS = {
    inspect.StrType: str,
    inspect.IntType: int,
    inspect.FloatType: float,
    inspect.BoolType: bool,
    inspect.NoneType: type(None),
}
_LARGEST = 2**63


class Scalars:
    """The fields of a class, each with the types that it may have."""

    def __init__(self, fields: list[tuple[str, str, frozenset[type]]]) -> None:
        self._fields = fields

    @classmethod
    def of(cls, info: Any, root: Any) -> Scalars | None:
        """Return them, or None when a field, or how the class is read, needs more than this.

        Arguments:
            info: what msgspec says of the class.
            root: the class: a dataclass or a msgspec Struct.
        """
        declared = getattr(root, "__dataclass_fields__", {})
        if hasattr(root, "__post_init__") or not all(field.init for field in declared.values()):
            return None
        config = getattr(root, "__struct_config__", None)
        if config and (config.omit_defaults or config.array_like or config.tag is not None):
            return None
        fields = []
        for field in info.fields:
            kinds = _kinds(field.type)
            if kinds is None:
                return None
            fields.append((field.name, field.encode_name, kinds))
        return cls(fields)

    def plain(self, context: Any, before: Mapping[str, Json]) -> Json:
        """Return a context as plain JSON, or None when it has to be looked at more closely.

        Arguments:
            context: an object of the class.
            before: what it was the last time; empty for nothing.
        """
        plain = {}
        for name, written, kinds in self._fields:
            value: Any = getattr(context, name, self)
            if before.get(written, self) is not value:
                number = type(value) is int and int in kinds
                if not (-_LARGEST <= value < _LARGEST if number else _lasts(value, kinds)):
                    return None
            plain[written] = value
        return plain


def _lasts(value: Any, kinds: frozenset[type]) -> bool:
    """Tell whether a value fits its field, and comes back from JSON as it is."""
    kind = type(value)
    if kind not in kinds:
        return False
    if kind is str:
        try:
            return bool(value.isascii() or value.encode())
        except UnicodeEncodeError:
            return False
    if kind is int:
        return bool(-_LARGEST <= value < _LARGEST)
    return kind is not float or math.isfinite(value)


def _kinds(declared: msgspec.inspect.Type) -> frozenset[type] | None:
    """Return the types that a field may have, or None when more than its type matters."""
    parts = declared.types if isinstance(declared, inspect.UnionType) else (declared,)
    kinds = set()
    for part in parts:
        kind = _KINDS.get(type(part))
        bounds = (getattr(part, name) for name in part.__struct_fields__)
        if kind is None or any(bound is not None for bound in bounds):
            return None
        kinds.add(kind)
    return frozenset(kinds)
