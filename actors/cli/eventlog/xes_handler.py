"""What an XES's elements mean."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from .columns import DEFAULT, Columns
from .errors import LogError
from .event import LogEvent, Value
from .timestamps import parse_timestamp

MAX_DEPTH = 64
_LOG, _IN_LOG, _IN_TRACE = 1, 2, 3


class XesHandler:
    """Takes a parser's elements and collects the events that they make up.

    Attributes:
        row: the number of events so far.
        advanced: whether anything that is forgotten afterwards has ended since `take`.
    """

    def __init__(self, path: Path, columns: Columns) -> None:
        self.row = 0
        self.advanced = False
        self._path = path
        self._form = columns.timestamp_format
        self._case = "concept:name" if columns.case == DEFAULT.case else columns.case
        self._activity = (
            "concept:name" if columns.activity == DEFAULT.activity else columns.activity
        )
        self._timestamp = (
            "time:timestamp" if columns.timestamp == DEFAULT.timestamp else columns.timestamp
        )
        self._depth = 0
        self._trace: _Attributes | None = None
        self._event: _Attributes | None = None
        self._event_depth = 0
        self._made: list[LogEvent | LogError] = []

    def take(self) -> list[LogEvent | LogError]:
        """Give the events that ended since the last call, and forget them."""
        made, self._made, self.advanced = self._made, [], False
        return made

    def refuse_doctype(self, *_declaration: object) -> None:
        raise LogError(
            "it declares a document type, which no XES needs and an attack would: remove it",
            path=self._path,
            row=self.row,
        )

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        name = tag.rpartition(":")[2]
        if self._depth == _LOG and name != "log":
            raise LogError(
                f"it is XML but no XES: it begins with <{tag[:40]}>, not with <log>",
                path=self._path,
                row=0,
            )
        if self._depth > MAX_DEPTH:
            raise LogError(
                f"its elements are more than {MAX_DEPTH} deep: it is no log",
                path=self._path,
                row=self.row,
            )
        if self._event is not None:
            if self._depth == self._event_depth + 1:
                self._event.add(name, attributes)
        elif name == "event" and self._depth in (_IN_LOG, _IN_TRACE):
            self._event, self._event_depth = _Attributes(), self._depth
        elif self._depth == _IN_LOG and name == "trace":
            self._trace = _Attributes()
        elif self._depth == _IN_TRACE and self._trace is not None:
            self._trace.add(name, attributes)

    def end(self, _tag: str) -> None:
        if self._event is not None and self._depth == self._event_depth:
            self.row += 1
            self._made.append(self._make(self._event))
            self._event = None
            self.advanced = True
        elif self._depth == _IN_LOG:
            self._trace = None
            self.advanced = True
        self._depth -= 1

    def _make(self, attributes: _Attributes) -> LogEvent | LogError:
        try:
            return self._event_of(attributes, self._trace or _Attributes())
        except ValueError as error:
            return LogError(str(error), path=self._path, row=self.row)

    def _event_of(self, event: _Attributes, trace: _Attributes) -> LogEvent:
        if event.wrong or trace.wrong:
            raise ValueError(event.wrong or trace.wrong)
        case = _text(trace.values.get(self._case))
        if not case:
            raise ValueError(f"its trace has no {self._case!r} before it: every case needs one")
        data = dict(event.values)
        activity = _text(data.pop(self._activity, None))
        if not activity:
            raise ValueError(f"{self._activity!r} is empty: every event needs one")
        when = "" if self._timestamp is None else _text(data.pop(self._timestamp, None))
        timestamp = parse_timestamp(when, self._form) if when else None
        for key, value in trace.values.items():
            if key != self._case:
                data[f"case:{key}"] = value
        return LogEvent(self.row, case, activity, timestamp, data)


class _Attributes:
    """The attributes of one trace or event, and the first thing wrong with them."""

    def __init__(self) -> None:
        self.values: dict[str, Value] = {}
        self.wrong = ""

    def add(self, kind: str, attributes: dict[str, str]) -> None:
        if kind not in _KINDS:
            return
        key, value = attributes.get("key"), attributes.get("value")
        if key is None:
            self.wrong = self.wrong or f"a <{kind}> has no key: every attribute needs one"
            return
        try:
            self.values[key] = None if value is None else _KINDS[kind](value)
        except ValueError:
            self.wrong = self.wrong or f"{key[:40]!r} is not of type {kind}: {str(value)[:40]!r}"


def _text(value: Value) -> str:
    return "" if value is None else str(value).strip()


def _int(text: str) -> int | str:
    if len(text) > 20 and text.lstrip("+-").isdecimal():
        return text
    number = int(text)
    return number if -(2**63) <= number < 2**63 else text


def _float(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


def _boolean(text: str) -> bool:
    plain = text.strip().lower()
    if plain not in ("true", "false", "1", "0"):
        raise ValueError(text)
    return plain in ("true", "1")


# Lists and containers hold attributes of their own and have no value.
_KINDS: dict[str, Callable[[str], Value]] = {
    "string": str,
    "id": str,
    "date": str,
    "int": _int,
    "float": _float,
    "boolean": _boolean,
}
