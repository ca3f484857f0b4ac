"""Finds what a stored context has and its class does not declare, which reading would drop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from .alike import declared
from .changes import Json
from .plain import CodecError, join, nearest


def refuse_surplus(plain: Json, context: Any, path: str = "") -> None:
    """Compare plain JSON with what was read of it, looking for names that nothing took.

    Arguments:
        plain: the JSON.
        context: what it was read as.
        path: where it is.

    Raises:
        CodecError: the first name that is not declared, with its path and the nearest one.
    """
    kind = type(context)
    if isinstance(plain, Mapping):
        names = declared(kind)
        if names is not None:
            written = _written(kind, names)
            _refuse(plain, written, kind, path)
            for name, key in written.items():
                if key is not None and name in plain:
                    refuse_surplus(plain[name], getattr(context, key, None), join(path, name))
        elif isinstance(context, dict) and all(type(key) is str for key in context):
            _refuse(plain, context, kind, path)
            for name, part in plain.items():
                refuse_surplus(part, context.get(name), join(path, name))
        elif isinstance(context, dict):  # its keys are numbers, dates and such; the order is kept
            for (name, part), read in zip(plain.items(), context.values(), strict=False):
                refuse_surplus(part, read, join(path, name))
    elif isinstance(plain, list) and isinstance(context, list | tuple):
        for index, (part, read) in enumerate(zip(plain, context, strict=False)):
            refuse_surplus(part, read, f"{path}[{index}]")


def _written(kind: Any, names: tuple[str, ...]) -> Mapping[str, str | None]:
    """Return by what names in JSON the fields of a class are known, and each one's attribute."""
    written: dict[str, str | None] = {name: name for name in names}
    if issubclass(kind, msgspec.Struct):
        written = dict(zip(kind.__struct_encode_fields__, names, strict=True))
        if kind.__struct_config__.tag_field is not None:
            written[kind.__struct_config__.tag_field] = None
    for name, field in getattr(kind, "__pydantic_fields__", {}).items():
        for alias in _aliases(field.alias, field.validation_alias, field.serialization_alias):
            written[alias] = name
    return written


def _aliases(*given: Any) -> Iterable[str]:
    for alias in given:
        for choice in getattr(alias, "choices", (alias,)):
            if isinstance(choice, str):
                yield choice


def _refuse(plain: Mapping[str, Json], known: Mapping[str, Any], kind: Any, path: str) -> None:
    extra = getattr(kind, "model_config", None) or getattr(kind, "__pydantic_config__", {})
    if extra.get("extra") == "allow":
        return
    for name in plain:
        if name not in known:
            raise CodecError(
                f"{kind.__name__} declares no such field, so it would be lost"
                + nearest(name, known),
                path=join(path, name),
            )
