"""Finds where a context differs from what its bytes decode to, field by field.

Slow: run only when the quick comparison says that they differ, or can't tell.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec

from .plain import CodecError, join


def compare(live: Any, decoded: Any, path: str, *, exact: bool) -> None:
    """Compare a value with what comes back of it.

    Arguments:
        live: the value.
        decoded: what its bytes decode to.
        path: where it is.
        exact: whether it must be of the same type, as in a part without a declared type; where
            one is declared, an int in a float's place or a str's subclass comes back equal.

    Raises:
        CodecError: the first difference.
    """
    names = _names(decoded)
    if names is not None:
        if type(live) is not type(decoded):
            raise _differs(live, decoded, path)
        for name in names:
            compare(getattr(live, name), getattr(decoded, name), join(path, name), exact=exact)
        _extra(live, decoded, path)
    elif isinstance(decoded, dict):
        _same_kind(live, decoded, path, dict, exact)
        odd = next((key for key in live if key not in decoded), None)
        if odd is None and exact:
            # A member of an str enum is equal to the text that it would come back as.
            odd = next((key for key in live if type(key) is not str), None)
        if odd is not None:
            raise CodecError(
                f"the key {odd!r} of type {type(odd).__name__} would not come back as it is",
                path=path,
            )
        for key, value in live.items():
            compare(value, decoded[key], join(path, key), exact=exact)
    elif isinstance(decoded, list | tuple):
        _same_kind(live, decoded, path, type(decoded), exact)
        if len(live) != len(decoded):
            raise _differs(live, decoded, path)
        for index, (value, back) in enumerate(zip(live, decoded, strict=True)):
            compare(value, back, f"{path}[{index}]", exact=exact)
    elif live != decoded or (
        type(live) is not type(decoded)
        and (exact or not isinstance(live, type(decoded)))
        and not (type(live) is int and type(decoded) is float)
    ):
        raise _differs(live, decoded, path)


def _same_kind(live: Any, decoded: Any, path: str, kind: type, exact: bool) -> None:
    if type(live) is kind or (isinstance(live, kind) and not exact):
        return
    raise _differs(live, decoded, path)


def _differs(live: Any, decoded: Any, path: str) -> CodecError:
    return CodecError(
        f"{live!r:.60} of type {type(live).__name__} would come back as {decoded!r:.60} of type "
        f"{type(decoded).__name__}",
        path=path,
    )


def _names(value: Any) -> list[str] | None:
    """Return the names of the fields of an object that has declared ones."""
    if isinstance(value, type):
        return None
    if isinstance(value, msgspec.Struct):
        return list(value.__struct_fields__)
    if hasattr(type(value), "__pydantic_fields__"):
        return list(type(value).__pydantic_fields__)
    if dataclasses.is_dataclass(value):
        return [field.name for field in dataclasses.fields(value)]
    return None


def _extra(live: Any, decoded: Any, path: str) -> None:
    """Compare the fields that a pydantic model took beyond the declared ones."""
    extra = getattr(live, "__pydantic_extra__", None)
    if extra:
        compare(extra, decoded.__pydantic_extra__ or {}, path, exact=True)
