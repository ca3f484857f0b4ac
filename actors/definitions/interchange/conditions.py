"""Conditions of other languages in the words of guards, as far as a change of words does it."""

from __future__ import annotations

import re
from collections.abc import Collection

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
