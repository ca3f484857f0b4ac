"""What a guard's expression asks for, told from its tokens."""

from __future__ import annotations

import re
from typing import Any

import msgspec

_TOKEN = re.compile(
    r"""
    (?P<text>[rRbB]{0,2}(?:'''(?:[^\\]|\\.)*?'''|\"\"\"(?:[^\\]|\\.)*?\"\"\"
        |'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"))
    |(?P<number>(?:0[xX][0-9a-fA-F]+|\d+\.\d+(?:[eE][+-]?\d+)?|\d+(?:[eE][+-]?\d+)?|\.\d+)[uU]?)
    |(?P<name>[A-Za-z_]\w*)
    |(?P<comment>//[^\n]*)
    |(?P<mark>\S)
    """,
    re.VERBOSE | re.DOTALL,
)
MACROS = frozenset(("all", "exists", "exists_one", "filter"))
"""Macros that run through a list; `map`, which can build a larger one, is refused."""
ROOTS = ("context", "event")


class Uses(msgspec.Struct, frozen=True):
    """What an expression asks for.

    Attributes:
        fields: the fields of context and event, each with where it stands in the expression.
        whole: which of context and event are asked for as a whole.
        plain: whether `has` is asked, which looks fields up in the whole.
        loops: whether it runs through lists.
        text: the expression, with `count` called by its proper name, `size`.
        refused: why it can't be used, with where that stands, or None.
    """

    fields: dict[tuple[str, str], int]
    whole: frozenset[str]
    plain: bool
    loops: bool
    text: str
    refused: tuple[str, int] | None = None


Token = tuple[str, str, int]
"""Its kind, its text, and where it stands."""


def tokens_of(expression: str) -> list[Token]:
    """Return the tokens of an expression, comments left out."""
    return [
        (str(match.lastgroup), match.group(), match.start())
        for match in _TOKEN.finditer(expression)
        if match.lastgroup != "comment"
    ]


def uses(expression: str) -> Uses:
    """Return what an expression asks for; of what is no expression, anything."""
    tokens = tokens_of(expression)
    fields: dict[tuple[str, str], int] = {}
    whole: set[str] = set()
    loops = plain = False
    refused: tuple[str, int] | None = None
    text = list(expression)
    for index, (kind, word, at) in enumerate(tokens):
        if kind != "name":
            continue
        before = _text(tokens, index - 1)
        after = _text(tokens, index + 1)
        called = after == "("
        if called and word == "count":
            text[at : at + 5] = "size "
        elif called and word == "has" and before != ".":
            plain = True
        elif called and word in MACROS and before == ".":
            loops = True
            if _text(tokens, index + 2) in ROOTS:
                refused = (f"{_text(tokens, index + 2)!r} can't name what {word} runs through", at)
        elif called and word == "map" and before == ".":
            refused = ("'map' makes lists, which a guard has no use for; use exists or all", at)
        elif word in ROOTS and before != "." and not called:
            kind_, field, _ = tokens[index + 2] if index + 2 < len(tokens) else ("", "", 0)
            if after == "." and kind_ == "name" and _text(tokens, index + 3) != "(":
                fields.setdefault((word, field), at)
            else:
                whole.add(word)
    if plain:
        whole |= {root for root, _ in fields}
    return Uses(fields, frozenset(whole), plain, loops, "".join(text), refused)


def _text(tokens: list[Token], index: int) -> str:
    return tokens[index][1] if 0 <= index < len(tokens) else ""


def too_large(value: Any, nodes: int, characters: int) -> bool:
    """Tell whether a value has more parts, or more text, than that."""
    pending = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, str):
            characters -= len(part)
        elif isinstance(part, dict):
            nodes -= len(part)
            pending.extend(part.values())
        elif isinstance(part, list | tuple | set):
            nodes -= len(part)
            pending.extend(part)
        if nodes < 0 or characters < 0:
            return True
    return False
