"""Reads YAML within bounds: plain data, with the place of each value, and nothing built by tags."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ..faults import Fault, FaultyDocument
from ..places import Path

_DEEPEST = 160
_TOO_DEEP = f"It is nested more than {_DEEPEST} deep, which no workflow is."
_MOST_VALUES = 100_000
"""Values count as often as aliases repeat them."""
_FIRST = re.compile(r"""(?:---|%YAML|["']?[\w.-]+["']?[ \t]*:(?:[ \t]|$))""", re.ASCII)
_TAG = "tag:yaml.org,2002:"
_PLAIN = ("str", "bool", "int", "float", "null", "seq", "map")


def is_yaml(text: str, name: str) -> bool:
    """Tell whether a document is YAML: by its name, or by its first line, which TOML can't have."""
    if name.casefold().endswith((".yaml", ".yml")):
        return True
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            return _FIRST.match(line) is not None
    return False


def read_yaml(text: str, name: str) -> tuple[Any, dict[Path, int]]:
    """Return what a text in YAML says, and where each value of it begins.

    Raises:
        FaultyDocument: it is no YAML, larger or deeper than any workflow is, or needs a library.
    """
    if find_spec("yaml") is None:
        what = "YAML is read with a library; install it: pip install 'repertory[yaml]'."
        raise FaultyDocument([Fault(what, "", name)])
    return _Reader(text, name).read()


class _Reader:
    """Makes values of a parser's events, so that neither depth nor aliases cost more than here."""

    def __init__(self, text: str, name: str) -> None:
        self._yaml: Any = import_module("yaml")
        self._text = text
        self._name = name
        self._starts: dict[Path, int] = {}
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._count = 0
        self._scalars = self._yaml.SafeLoader("")

    def read(self) -> tuple[Any, dict[Path, int]]:
        yaml = self._yaml
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            # The library's events come one by one: what is refused is not read to its end.
            self._events = yaml.parse(self._text, Loader=loader)
            event = self._next()
            while not isinstance(event, yaml.events.NodeEvent | yaml.StreamEndEvent):
                event = self._next()
            found = None if isinstance(event, yaml.StreamEndEvent) else self._value(event, ())[0]
            self._end()
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            at = mark.index if mark is not None else getattr(error, "position", 0)
            said = getattr(error, "problem", None) or getattr(error, "reason", None) or error
            if "nesting depth" in str(said):  # libyaml reads ahead, and has a bound of its own
                raise self._refused(_TOO_DEEP, at) from error
            raise self._refused(f"This is no YAML: {said}.", at) from error
        return found, self._starts

    def _next(self) -> Any:
        return next(self._events)

    def _end(self) -> None:
        for event in self._events:
            if isinstance(event, self._yaml.DocumentStartEvent):
                what = "The file has several documents; keep one."
                raise self._refused(what, event.start_mark.index)

    def _value(self, event: Any, path: Path) -> tuple[Any, int]:
        """Return a value, and of how many it is made up."""
        yaml, at = self._yaml, event.start_mark.index
        self._starts[path] = at
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event.anchor, at)
        if len(path) > _DEEPEST:
            raise self._refused(_TOO_DEEP, at)
        self._counted(1, at)
        tag = event.tag or ""
        if tag not in ("", "!") and tag.removeprefix(_TAG) not in _PLAIN:
            raise self._refused(f"The tag {tag[:60]!r} is not read; remove it.", at)
        size = 1
        found: Any
        if isinstance(event, yaml.ScalarEvent):
            found = self._scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            found = []
            while not isinstance(inner := self._next(), yaml.SequenceEndEvent):
                value, more = self._value(inner, (*path, len(found)))
                found.append(value)
                size += more
        else:
            found, more = self._mapping(path)
            size += more
        if event.anchor:
            self._anchors[event.anchor] = (found, size)
        return found, size

    def _mapping(self, path: Path) -> tuple[dict[str, Any], int]:
        yaml = self._yaml
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        size = 0
        while not isinstance(key := self._next(), yaml.MappingEndEvent):
            at = key.start_mark.index
            name = self._scalar(key) if isinstance(key, yaml.ScalarEvent) else None
            if not isinstance(name, str):
                raise self._refused("A key must be text; put it in quotes.", at)
            value, more = self._value(self._next(), (*path, name))
            self._starts[(*path, name)] = at
            size += more + 1
            if name == "<<" and key.implicit[0]:
                for one in reversed(value if isinstance(value, list) else [value]):
                    if not isinstance(one, dict):
                        raise self._refused("What is merged by '<<' must be a mapping.", at)
                    merged |= one
            elif name in found:
                raise self._refused(f"The key {name[:60]!r} is there twice; remove one.", at)
            else:
                found[name] = value
        return ({**merged, **found} if merged else found), size

    def _scalar(self, event: Any) -> Any:
        """Return a scalar; words other than true and false are text, as in python-statemachine."""
        value: str = event.value
        given = (event.tag or "").removeprefix(_TAG)
        kind = given if given in _PLAIN else ""
        if not kind:
            resolved = self._scalars.resolve(self._yaml.ScalarNode, value, event.implicit)
            kind = resolved.removeprefix(_TAG)
        if kind == "null":
            return None
        if kind == "bool" and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if kind in ("int", "float"):
            node = self._yaml.ScalarNode(f"{_TAG}{kind}", value)
            make = getattr(self._scalars, f"construct_yaml_{kind}")
            try:
                return make(node)
            except (ValueError, IndexError, OverflowError):
                what = f"{value[:40]!r} is no number that can be read; put it in quotes."
                raise self._refused(what, event.start_mark.index) from None
        return value

    def _alias(self, anchor: str, at: int) -> tuple[Any, int]:
        if anchor not in self._anchors:
            raise self._refused(f"Nothing before this is anchored as {anchor[:60]!r}.", at)
        found, size = self._anchors[anchor]
        self._counted(size, at)
        return found, size

    def _counted(self, number: int, at: int) -> None:
        self._count += number
        if self._count > _MOST_VALUES:
            what = f"It has more than {_MOST_VALUES:,} values, aliases counted; split it up."
            raise self._refused(what, at)

    def _refused(self, what: str, at: int) -> FaultyDocument:
        line = self._text.count("\n", 0, at) + 1
        column = at - (self._text.rfind("\n", 0, at) + 1) + 1
        return FaultyDocument([Fault(what, "", self._name, line, column)])
