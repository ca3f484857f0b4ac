"""What a guard does with the context's fields that their declared types don't allow.

The library checks types when it knows them, and is asked to before a guard is ever run. What its
types can't say, fields of objects, values of enums and literal patterns, is told from the tokens.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .expression import MACROS, ROOTS, Token, tokens_of
from .model import Field
from .names import nearest
from .types import Type
from .work import HEAVIEST, weight

_COMPARISONS = frozenset(("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "@in"))
_OVERLOAD = re.compile(r"no matching overload for '([^']+)' applied to '(.*)'")


def type_environment(cel: Any, fields: Mapping[str, Field]) -> Any:
    """Return an environment of the library that knows the types of the context's fields."""
    declared = dict.fromkeys(ROOTS, cel.Type.DYN)
    for name, field in fields.items():
        declared[f"context.{name}"] = _cel_type(cel, field.type)
    return cel.NewEnv(variables=declared)


def _cel_type(cel: Any, declared: Type) -> Any:
    if declared.kind == "array" and declared.item is not None:
        return cel.Type.List(_cel_type(cel, declared.item))
    if declared.kind == "object":
        return cel.Type.Map(cel.Type.STRING, cel.Type.DYN)
    known = {
        "string": cel.Type.STRING,
        "enum": cel.Type.STRING,
        "boolean": cel.Type.BOOL,
        "integer": cel.Type.INT,
        "unsigned": cel.Type.INT,
        "float": cel.Type.DOUBLE,
    }
    return known.get(declared.kind, cel.Type.DYN)


def works_all_the_same(error: str) -> bool:
    """Whether what the library's checker refuses is worked out well when it runs.

    It compares numbers of both kinds then, and either side of `? :` may give what it likes.
    """
    found = _OVERLOAD.search(error)
    if found is None:
        return False
    called, given = found.groups()
    if "*error*" in given:
        return True  # what is wrong there has an error of its own
    if called == "_?_:_":
        return given.startswith("(bool,")
    one, _, other = re.sub(r"\b(?:u?int|double)\b", "number", given)[1:-1].partition(", ")
    return called in _COMPARISONS and (one == other != "" or other == f"list({one})")


def misuses(
    expression: str, fields: Mapping[str, Field] | None, cel: Any
) -> Iterator[tuple[str, int]]:
    """Yield what is wrong with the uses of fields and patterns, each with where it stands."""
    tokens = tokens_of(expression)
    bound: dict[str, Type] = {}
    for index, (kind, word, _) in enumerate(tokens):
        if word == "matches":
            yield from _pattern(tokens, index, cel)
        elif kind != "name" or _word(tokens, index - 1) == ".":
            continue
        elif word == "context" and fields and _word(tokens, index + 1) == ".":
            field = fields.get(_word(tokens, index + 2))
            if field is not None:
                yield from _chain(tokens, index, index + 3, field.type, bound)
        elif word in bound:
            yield from _chain(tokens, index, index + 1, bound[word], bound)


def _chain(
    tokens: list[Token], start: int, index: int, declared: Type, bound: dict[str, Type]
) -> Iterator[tuple[str, int]]:
    """Follow `.name` and `[…]` from a value of a known type."""
    while True:
        while declared.kind == "optional" and declared.item is not None:
            declared = declared.item
        word, name = _word(tokens, index), _word(tokens, index + 1)
        if word == "[" and declared.kind == "array" and declared.item is not None:
            index, declared = _closing(tokens, index) + 1, declared.item
        elif word == "." and _word(tokens, index + 2) == "(":
            if name in MACROS and declared.item is not None:
                bound[_word(tokens, index + 3)] = declared.item
            return
        elif word == "." and declared.fields:
            inner = dict(declared.fields)
            if name not in inner:
                of = "".join(word for _, word, _ in tokens[start:index])
                what = f"{of} has no field {name!r}{nearest(name, inner)}"
                yield what, tokens[index + 1][2]
                return
            index, declared = index + 2, inner[name]
        else:
            break
    if declared.kind == "enum":
        for kind, text, at in _compared(tokens, start, index):
            plain = kind == "text" and text[0] in "'\"" and "\\" not in text
            if plain and (value := ast.literal_eval(text)) not in declared.values:
                known = ", ".join(map(repr, declared.values))
                yield f"{value!r} is none of its values, which are {known}", at


def _compared(tokens: list[Token], start: int, end: int) -> list[Token]:
    """Return what a value is compared with."""
    after, before = _word(tokens, end), _word(tokens, end + 1)
    if (after, before) in (("=", "="), ("!", "=")):
        return tokens[end + 2 : end + 3]
    if after == "in" and before == "[":
        return tokens[end + 2 : _closing(tokens, end + 1)]
    if start > 2 and _word(tokens, start - 1) == "=" and _word(tokens, start - 2) in ("=", "!"):
        return tokens[start - 3 : start - 2]
    return []


def states_of_patterns(expression: str, cel: Any) -> int:
    """Return the weight of all patterns in an expression without misuses."""
    tokens = tokens_of(expression)
    found = (_written(tokens, at) for at, (_, word, _) in enumerate(tokens) if word == "matches")
    return sum(weight(_meant(text, cel)) for text, _ in filter(None, found))


def _pattern(tokens: list[Token], index: int, cel: Any) -> Iterator[tuple[str, int]]:
    """Weigh a pattern, and try it: one that is made of data could be of any weight."""
    if _word(tokens, index + 1) != "(":
        return
    written = _written(tokens, index)
    if written is None:
        yield "matches needs a pattern that is written out, in quotes", tokens[index][2]
        return
    text, at = written
    if weight(_meant(text, cel)) > HEAVIEST:
        shown = text if len(text) <= 40 else f"{text[:40]}…"
        yield f"pattern {shown} repeats too much for a guard; have an action work it out", at
        return
    tried = cel.NewEnv().compile(f"''.matches({text})").eval()
    if tried.type().name() == "ERROR":
        why = str(tried.value()).partition(": ")[2].partition(" [")[0]
        yield f"{text} is no pattern: {why}", at


def _written(tokens: list[Token], index: int) -> tuple[str, int] | None:
    """Return the pattern that is written out at a `matches`, and where it stands."""
    if _word(tokens, index + 1) != "(":
        return None
    last = _closing(tokens, index + 1) - 1
    kind, text, at = tokens[last]
    return (text, at) if kind == "text" and _word(tokens, last - 1) in ("(", ",") else None


def _meant(text: str, cel: Any) -> str:
    """Return what a text in quotes is; the library knows what its escapes stand for."""
    return str(cel.NewEnv().compile(text).eval().value())


def _closing(tokens: list[Token], index: int) -> int:
    depth = 0
    for at in range(index, len(tokens)):
        depth += (tokens[at][1] in ("(", "[", "{")) - (tokens[at][1] in (")", "]", "}"))
        if depth == 0:
            return at
    return len(tokens) - 1


def _word(tokens: list[Token], index: int) -> str:
    return tokens[index][1] if 0 <= index < len(tokens) else ""
