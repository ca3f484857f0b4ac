"""Finds where a context differs from what its bytes decode to, field by field.

Slow: run only when the quick comparison says that they differ, or can't tell.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

from .alike import declared
from .plain import CodecError, join, nearest


def compare(live: Any, decoded: Any, path: str, *, exact: bool) -> None:
    """Compare a value with what comes back of it.

    Arguments:
        live: the value.
        decoded: what its bytes decode to.
        path: where it is.
        exact: whether it must be of the same type, as in a part without a declared type; where
            one is declared, what is equal is taken for what comes back: 2 for 2.0.

    Raises:
        CodecError: the first difference.
    """
    names = declared(type(decoded))
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
    elif live != decoded or (exact and type(live) is not type(decoded)):
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


def _extra(live: Any, decoded: Any, path: str) -> None:
    """Compare what an object has beyond its declared fields."""
    own = getattr(live, "__dict__", {})
    if len(own) > len(getattr(decoded, "__dict__", own)):
        known = declared(type(live)) or ()
        refuse_attributes(own.keys() - vars(decoded).keys(), type(live), known, path)
    extra = getattr(live, "__pydantic_extra__", None)
    if extra:
        compare(extra, decoded.__pydantic_extra__ or {}, path, exact=True)


def refuse_attributes(names: Iterable[str], cls: type, known: Iterable[str], path: str) -> None:
    """Refuse attributes that are no fields; what a cached property keeps may be lost.

    Raises:
        CodecError: there is one; it suggests the nearest field.
    """
    for name in set(names) - set(known):
        if not isinstance(getattr(cls, name, None), functools.cached_property):
            raise CodecError(
                f"{cls.__name__} declares no such field, so it would be lost"
                + nearest(name, known),
                path=join(path, name),
            )
