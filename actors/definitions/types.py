"""The types that documents write as text, such as `array<{line: integer}>`."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import msgspec

_LONGEST = 2_000
_DEEPEST = 20

_NAMES = {
    "string": "string",
    "str": "string",
    "text": "string",
    "enum": "string",  # without values, as some files have it
    "integer": "integer",
    "int": "integer",
    "i8": "integer",
    "i16": "integer",
    "i32": "integer",
    "i64": "integer",
    "unsigned": "unsigned",
    "u8": "unsigned",
    "u16": "unsigned",
    "u32": "unsigned",
    "u64": "unsigned",
    "float": "float",
    "number": "float",
    "f32": "float",
    "f64": "float",
    "boolean": "boolean",
    "bool": "boolean",
    "object": "object",
    "any": "any",
}
_PLAIN: dict[str, Any] = {
    "string": str,
    "integer": int,
    "unsigned": Annotated[int, msgspec.Meta(ge=0)],
    "float": float,
    "boolean": bool,
    "object": dict[str, Any],
    "any": Any,
}


class Type(msgspec.Struct, frozen=True):
    """A type, as documents know them.

    Attributes:
        kind: "string", "integer", "unsigned", "float", "boolean", "any", "enum", "array",
            "optional", or "object".
        item: what an array or an optional value is of, or None.
        values: those of an enum.
        fields: those of an object, with their types; none for one of any fields.
    """

    kind: str
    item: Type | None = None
    values: tuple[str, ...] = ()
    fields: tuple[tuple[str, Type], ...] = ()

    def __str__(self) -> str:
        if self.kind == "array":
            return f"array<{self.item}>"
        if self.kind == "optional":
            return f"optional:{self.item}"
        if self.kind == "enum":
            return f"enum:[{', '.join(map(repr, self.values))}]"
        if self.fields:
            return "{" + ", ".join(f"{name}: {inner}" for name, inner in self.fields) + "}"
        return self.kind


class BadType(ValueError):
    """A text that is no type; says why, as a clause."""


def parse_type(text: str) -> Type:
    """Return the type that a text says.

    Arguments:
        text: one of `string`, `integer`, `float`, `boolean`, `any`, `object`, `array<T>`,
            `optional:T`, `enum:['a', 'b']` and `{name: T, …}`; also `number`, `u32` and their like.

    Raises:
        BadType: it is none.

    Example:
        >>> str(parse_type("array<{line: u32, note: optional:string}>"))
        'array<{line: unsigned, note: optional:string}>'
    """
    if len(text) > _LONGEST:
        raise BadType(f"it is longer than {_LONGEST} characters")
    parser = _Parser(text)
    found = parser.type(0)
    if parser.peek():
        raise BadType(f"{parser.peek()!r} comes after its end")
    return found


def python_type(type: Type, name: str = "Object") -> Any:
    """Return the type that checks and converts values with msgspec."""
    item = type.item
    if type.kind == "array" and item is not None:
        return list[python_type(item, name)]  # type: ignore[misc]  # made at run time
    if type.kind == "optional" and item is not None:
        return python_type(item, name) | None
    if type.kind == "enum":
        return Literal[type.values]
    if type.fields:
        return fields_type(dict(type.fields), name)
    return _PLAIN[type.kind]


def fields_type(fields: dict[str, Type], name: str) -> Any:
    """Return a TypedDict with these fields; optional ones may be left out."""
    inner: dict[str, Any] = {}
    for field, type in fields.items():
        python = python_type(type, f"{name}.{field}")
        inner[field] = NotRequired[python] if type.kind == "optional" else python
    return TypedDict(name, inner)  # type: ignore[operator]  # made at run time


def violation(type: Type, value: Any) -> str:
    """Return why a value is not of a type, as a clause, or "" when it is."""
    try:
        msgspec.convert(value, python_type(type))
    except msgspec.ValidationError as error:
        said = str(error).replace("`", "").replace(" - at $", ", at ")
        return said[:1].lower() + said[1:]
    return ""


def type_of(value: Any) -> Type | None:
    """Return the type that a default value has by itself, or None when it says too little."""
    for cls, kind in ((bool, "boolean"), (int, "integer"), (float, "float"), (str, "string")):
        if isinstance(value, cls):
            return Type(kind)
    if isinstance(value, list):
        kinds = {type_of(item) for item in value}
        only = kinds.pop() if len(kinds) == 1 else None
        return Type("array", only or Type("any"))
    if isinstance(value, dict):
        return Type("object")
    return None


_TOKEN = re.compile(
    r"""\s*(?:(?P<name>\w+)|(?P<text>'[^'\\\n]*'|"[^"\\\n]*")|(?P<mark>[<>\[\]{}:,?]))"""
)


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens: list[str] = []
        at = 0
        while at < len(text.rstrip()):
            match = _TOKEN.match(text, at)
            if match is None:
                raise BadType(f"{text[at:].strip()[:20]!r} can't be read")
            self.tokens.append(match.group().strip())
            at = match.end()
        self.tokens.reverse()

    def peek(self) -> str:
        return self.tokens[-1] if self.tokens else ""

    def take(self, expected: str = "") -> str:
        found = self.peek()
        if not found or (expected and found != expected):
            where = f"before {found!r}" if found else "at its end"
            raise BadType(f"{expected!r} is missing {where}" if expected else "it is not complete")
        return self.tokens.pop()

    def type(self, depth: int) -> Type:
        if depth > _DEEPEST:
            raise BadType(f"it is nested more than {_DEEPEST} deep")
        word = self.take()
        if word == "{":
            return self.object(depth)
        folded = word.lower()
        if folded in ("array", "list") and self.peek() == "<":
            self.take("<")
            inner = self.type(depth + 1)
            self.take(">")
            return Type("array", inner)
        if folded == "optional":
            self.take(":")
            return Type("optional", self.type(depth + 1))
        if folded == "enum" and self.peek() == ":":
            return self.enum()
        if folded in _NAMES:
            return Type(_NAMES[folded])
        known = "string, integer, float, boolean, array<T>, optional:T, enum:['a', 'b'], {name: T}"
        raise BadType(f"{word!r} is no type; the types are {known}")

    def enum(self) -> Type:
        self.take(":")
        self.take("[")
        values: list[str] = []
        while self.peek() != "]":
            word = self.take()
            if word[0] not in "'\"":
                raise BadType(f"the value {word!r} of an enum has no quotes around it")
            values.append(word[1:-1])
            if self.peek() != "]":
                self.take(",")
        self.take("]")
        if not values:
            raise BadType("an enum has no values")
        return Type("enum", values=tuple(dict.fromkeys(values)))

    def object(self, depth: int) -> Type:
        fields: dict[str, Type] = {}
        while self.peek() != "}":
            name = self.take()
            if not name.isidentifier():
                raise BadType(f"{name!r} is no name of a field")
            self.take(":")
            fields[name] = self.type(depth + 1)
            if self.peek() != "}":
                self.take(",")
        self.take("}")
        return Type("object", fields=tuple(fields.items()))
