"""One line of input: an event's name, and its data."""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from .errors import CommandFailed, listed, nearest


@dataclass(frozen=True)
class EventLine:
    """An event as somebody has typed it.

    Attributes:
        name: its id.
        data: its data.
    """

    name: str
    data: dict[str, Any]

    @classmethod
    def read(cls, line: str, known: Collection[str]) -> EventLine:
        """Return what a line says.

        Arguments:
            line: the event, and its data as JSON or as `name=value`; a value is JSON, or text.
            known: the events that there are.

        Raises:
            CommandFailed: it can't be understood.

        Example:
            >>> EventLine.read("pay amount=30 by=Ada", ["pay"])
            EventLine(name='pay', data={'amount': 30, 'by': 'Ada'})
        """
        name, _, rest = line.strip().partition(" ")
        if name not in known:
            guess = nearest(name, known)
            there = f"; there are {listed(known)}." if guess == "." else guess
            raise CommandFailed(f"There is no event {name!r}{there}")
        rest = rest.strip()
        return cls(name, _object(rest) if rest.startswith("{") else _fields(rest))


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CommandFailed(f"The data is not JSON: {error}.") from error
    assert isinstance(value, dict)  # it begins with a brace
    return value


def _fields(text: str) -> dict[str, Any]:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise CommandFailed(f"The data can't be read: {error}; close the quotation.") from error
    data: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise CommandFailed(
                f"{word!r} is no data; write it as name=value, or all of it as JSON."
            )
        data[name] = _value(value)
    return data


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
