"""What an expression is refused for, in the words of somebody who writes one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from .expression import MACROS, ROOTS, tokens_of
from .names import nearest

_ERROR = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")
_SYNTAX = re.compile(
    r"(?:(?:mismatched|extraneous) input|no viable alternative at input|"
    r"token recognition error at:) '(.*?)'(?: expecting .*)?$"
)
_KNOWN = [
    *ROOTS,
    *("size", "count", "has", "int", "double", "string", "bool"),
    *("startsWith", "endsWith", "contains", "matches", "true", "false", "null"),
    *sorted(MACROS),
]
_ELSEWHERE = {"and": "&&", "or": "||", "not": "!", "len": "size", "None": "null"}
"""What other languages call things."""


def told(text: str, error: str, fields: Collection[str] = ()) -> Iterator[tuple[str, int, str]]:
    """Yield what the library has against an expression.

    Arguments:
        text: the expression.
        error: what the library says, for people who know its grammar.
        fields: those of the context.

    Returns:
        clauses for people who don't, each with where in the expression that is, and with what the
        library says.
    """
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    for line, column, what in _ERROR.findall(error):
        number = max(int(line), 1)
        at = max(int(column) - 1, 0) + (starts[number - 1] if number <= len(starts) else 0)
        said = what.removeprefix("Syntax error: ").removesuffix(" [INVALID_ARGUMENT]")
        unknown = re.match(r"undeclared reference to '([^']*)'", said)
        syntax = _SYNTAX.match(said)
        if unknown:
            root = unknown[1].partition(".")[0]
            at = max(text.rfind(root, 0, at + len(root)), 0)
            rest = unknown[1].removeprefix(root)
            yield f"there is nothing called {unknown[1]!r}{_near(root, fields, rest)}", at, what
        elif syntax:
            yield (*_misread(text, syntax[1].strip(), at), what)
            return  # what it stumbles over after that is no fault of its own
        elif "recursion" in said:
            yield "it is nested more than 32 deep; have an action work it out", at, what
        else:
            yield _overload(said), at, what


def _near(name: str, fields: Collection[str], rest: str) -> str:
    if name in fields:
        return f"; write 'context.{name}{rest}'"
    if name in _ELSEWHERE:
        return f"; write {_ELSEWHERE[name]!r}"
    if rest and (meant := nearest(name, ROOTS)).endswith("'?"):
        return f"{meant[:-2]}{rest}'?"  # all of it, as it is to be written
    return nearest(name, _KNOWN).rstrip(".") or "; a guard knows context and event"


def _misread(text: str, found: str, at: int) -> tuple[str, int]:
    for kind, word, place in tokens_of(text):
        if kind == "name" and word in ("and", "or", "not") and text[place - 1 : place] != ".":
            return f"there is no {word!r}; write {_ELSEWHERE[word]}", place
    if found in ("<EOF>", ""):
        return "it ends where more is needed", at
    hint = "; write == to compare" if found.startswith("=") else ""
    return f"{found!r} is not expected here{hint}", at


def _overload(what: str) -> str:
    match = re.search(r"no matching overload for '([^']+)' applied to '(.*)'", what)
    if match is None:
        return what
    called = {"_?_:_": "? :", "_[_]": "[]", "@in": "in"}.get(match[1], match[1].strip("_"))
    hint = ""
    if {"int", "double"} <= set(re.findall(r"\w+", match[2])):
        hint = ", as in 2.0 for 2; numbers of the two kinds don't mix here"
    return f"{called} can't be applied to {match[2]}{hint}"
