"""Expressions of Python, as python-statemachine's documents have them, in the words of guards."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from ..model import Field

_LONGEST = 1_000
_OTHER_WORDS = {
    "true": "True",
    "false": "False",
    "null": "None",
    "===": "==",
    "!==": "!=",
    "&&": " and ",
    "||": " or ",
}
_WORD = re.compile(
    r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|\b(?:true|false|null)\b|===|!==|&&|\|\|"""
)
_COMPARED: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
}
_COUNTED: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}
"""Division is another thing in Python than in CEL, and so is the remainder."""
_TRUE = {
    "boolean": "{}",
    "integer": "{} != 0",
    "float": "{} != 0.0",
    "string": '{} != ""',
    "array": "size({}) > 0",
    "object": "size({}) > 0",
}


class NoGuard(ValueError):
    """An expression can't be said as a guard; why, as a clause."""


def method_of(condition: str, data: Mapping[str, Field]) -> str:
    """Return the name of the method that a condition is, or "" when it is an expression."""
    name = condition.strip()
    plain = name.isidentifier() and name not in data and name not in ("True", "False", "None")
    return name if plain and name not in _OTHER_WORDS and not name.startswith("_") else ""


def guard_of(condition: str, data: Mapping[str, Field]) -> str:
    """Return a condition as a guard has it.

    Arguments:
        condition: an expression of Python, or with the operators of ECMAScript.
        data: the data model, which is the context here. Other names are fields of the event.

    Raises:
        NoGuard: it asks for what a guard can't do.

    Example:
        >>> guard_of("_event.data.ok and not tries > 3", {"tries": Field(Type("integer"))})
        'event.ok && !(context.tries > 3)'
    """
    if len(condition) > _LONGEST:
        raise NoGuard(f"is longer than {_LONGEST:,} characters")
    text = _WORD.sub(lambda m: m.group() if m[1] else _OTHER_WORDS[m.group()], condition)
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        return _Writer(data).truth(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, NoGuard):
            raise
        raise NoGuard("is no expression") from None


def value_of(text: str) -> Any:
    """Return the plain value that an expression of Python is.

    Raises:
        NoGuard: it is none.
    """
    try:
        value = ast.literal_eval(text.strip()) if len(text) <= _LONGEST else None
        if value is None or msgspec.json.decode(msgspec.json.encode(value)) != value:
            raise NoGuard("is no plain value")
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        raise NoGuard("is no plain value") from None
    return value


class _Writer:
    def __init__(self, data: Mapping[str, Field]) -> None:
        self._data = data

    def truth(self, node: ast.expr) -> str:
        """Return what is true when Python takes the expression for true."""
        match node:
            case ast.BoolOp(op=op, values=values):
                sign = " && " if isinstance(op, ast.And) else " || "
                return sign.join(self._bracketed(one) for one in values)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return f"!({self.truth(operand)})"
            case ast.Name(id=name) if name in self._data:
                shape = _TRUE.get(self._data[name].type.kind)
                if shape is None:
                    raise NoGuard(f"asks whether {name!r} is true, which is not known of its type")
                return shape.format(f"context.{name}")
            case ast.Name(id=name):
                raise NoGuard(f"names the method {name!r} within an expression")
            case ast.Constant(value=bool()) | ast.Compare() | ast.Attribute() | ast.Subscript():
                return self.value(node)
        raise NoGuard("is neither true nor false")

    def _bracketed(self, node: ast.expr) -> str:
        text = self.truth(node)
        return f"({text})" if isinstance(node, ast.BoolOp) else text

    def value(self, node: ast.expr) -> str:
        """Return what has the expression's value."""
        match node:
            case ast.Constant(value=value):
                return _constant(value)
            case ast.Name(id=name) if name in self._data:
                return f"context.{name}"
            case ast.Name(id=name) if not name.startswith("_"):
                return f"event.{name}"
            case ast.Attribute(value=ast.Name(id="_event"), attr="data"):
                return "event"
            case ast.Attribute(value=inner, attr=attribute) if not attribute.startswith("_"):
                return f"{self.value(inner)}.{attribute}"
            case ast.Subscript(value=inner, slice=ast.Constant() as index):
                return f"{self.value(inner)}[{self.value(index)}]"
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                return f"[{', '.join(self.value(item) for item in items)}]"
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return f"-({self.value(operand)})"
            case ast.BinOp(op=op, left=left, right=right) if type(op) in _COUNTED:
                return f"({self.value(left)} {_COUNTED[type(op)]} {self.value(right)})"
            case ast.Compare(left=left, ops=ops, comparators=others):
                return self._compared(left, ops, others)
        raise NoGuard(f"has {ast.unparse(node)[:60]!r}, which guards do not have")

    def _operand(self, node: ast.expr) -> str:
        text = self.value(node)
        return f"({text})" if isinstance(node, ast.Compare) else text

    def _compared(self, left: ast.expr, ops: list[ast.cmpop], others: list[ast.expr]) -> str:
        found = []
        for op, right in zip(ops, others, strict=True):
            first, second = self._operand(left), self._operand(right)
            if isinstance(op, ast.NotIn):
                found.append(f"!({first} in {second})")
            elif type(op) in _COMPARED:
                found.append(f"{first} {_COMPARED[type(op)]} {second}")
            else:
                raise NoGuard("compares by 'is'; say '=='")
            left = right
        return found[0] if len(found) == 1 else f"({' && '.join(found)})"


def _constant(value: object) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        raise NoGuard("has a number that is too large")
    if isinstance(value, bool | int | float | str) or value is None:
        return msgspec.json.encode(value).decode()
    raise NoGuard(f"has {str(value)[:40]!r}, which guards do not have")
