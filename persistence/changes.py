"""The change from one JSON object to the next, so that history stays small.

A change is JSON: `{"=": value}` replaces everything; otherwise `{"+": {key: value}}` sets,
`{"-": [key]}` removes and `{"~": {key: change}}` changes an object within. Unlike a JSON merge
patch it can tell a null from a removal.
"""

from __future__ import annotations

from typing import Any

Json = Any
"""None, bool, int, float, str, or lists and dicts (with str keys) of these."""


def diff(old: Json, new: Json) -> dict[str, Json] | None:
    """Return the change that makes `new` of `old`, or None when they are equal.

    Example:
        >>> diff({"a": 1, "b": 2}, {"a": 1, "b": 3})
        {'+': {'b': 3}}
    """
    if type(old) is not dict or type(new) is not dict:
        return None if _same(old, new) else {"=": new}
    put: dict[str, Json] = {}
    within: dict[str, Json] = {}
    for key, value in new.items():
        if key not in old:
            put[key] = value
            continue
        before = old[key]
        if value is before:
            continue
        kind = type(value)
        if kind is str or kind is int:  # most fields are one of these, and == tells all of them
            if kind is not type(before) or value != before:
                put[key] = value
        elif kind is dict and type(before) is dict:
            if (inner := diff(before, value)) is not None:
                within[key] = inner
        elif not _same(before, value):
            put[key] = value
    change: dict[str, Json] = {}
    if put:
        change["+"] = put
    if not old.keys() <= new.keys():
        change["-"] = [key for key in old if key not in new]
    if within:
        change["~"] = within
    return change or None


def apply(old: Json, change: dict[str, Json]) -> Json:
    """Return what `change` makes of `old`, which is left as it is.

    Example:
        >>> apply({"a": 1, "b": 2}, {"-": ["b"]})
        {'a': 1}
    """
    if "=" in change:
        return change["="]
    new = dict(old)
    for key in change.get("-", ()):
        del new[key]
    for key, within in change.get("~", {}).items():
        new[key] = apply(new[key], within)
    new.update(change.get("+", {}))
    return new


def _same(old: Json, new: Json) -> bool:
    """Whether both are the same JSON: for Python 1, 1.0 and True are equal, for JSON not."""
    if type(old) is not type(new):
        return False
    if type(old) is list:
        return len(old) == len(new) and all(map(_same, old, new))
    if type(old) is dict:
        return old.keys() == new.keys() and all(_same(old[key], new[key]) for key in old)
    # 0.0 and -0.0 are two in JSON.
    return bool(old == new) and (old != 0 or type(old) is not float or repr(old) == repr(new))
