"""Conditions and values of other languages, as far as a change of words makes them ours."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import msgspec

from ..model import Field
from ..types import BadType, type_of, violation

_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<mark>===|!==)|(?P<name>\.?\s*[A-Za-z_]\w*)|(?P<other>.)""",
    re.DOTALL,
)
_WORDS = {
    "and": "&&",
    "or": "||",
    "not": "!",
    "True": "true",
    "False": "false",
    "None": "null",
    "===": "==",
    "!==": "!=",
}


def in_our_words(condition: str, data: Collection[str]) -> str:
    """Return a condition in ECMAScript or Python as a guard would have it.

    Arguments:
        condition: as SCXML has it. What guards can't say stays, and is a fault when it is checked.
        data: names of the data model, which is the context here.

    Example:
        >>> in_our_words("n === 3 && _event.data.ok", ["n"])
        'context.n == 3 && event.ok'
    """
    condition = re.sub(r"\b_event\.data\b", "event", condition)
    return "".join(_word(match, data) for match in _TOKEN.finditer(condition))


def _word(match: re.Match[str], data: Collection[str]) -> str:
    text = match.group()
    if match.lastgroup == "name" and text in data:
        return f"context.{text}"
    return _WORDS.get(text, text) if match.lastgroup in ("name", "mark") else text


def field_of(name: str, text: str) -> Field | None:
    """Return the field of a context that a data model's variable is, or None if it can't be one.

    Arguments:
        name: the variable's name.
        text: its first value, as ECMAScript or Python writes it.
    """
    text = {"True": "true", "False": "false", "None": "null"}.get(text, text)
    if len(text) > 1 and text[0] == text[-1] == "'" and '"' not in text:
        text = f'"{text[1:-1]}"'
    try:
        return field_with(name, msgspec.json.decode(text))
    except (ValueError, RecursionError):
        return None


def field_with(name: str, value: Any) -> Field | None:
    """Return the field of a context that begins with a value, or None if there can't be one."""
    try:
        type = type_of(value)
        if type is None or violation(type, value):
            return None
    except (BadType, RecursionError):
        return None
    return Field(type, value) if name.isidentifier() and not name.startswith("_") else None
