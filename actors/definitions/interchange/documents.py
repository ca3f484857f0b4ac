"""Opens documents of other tools within bounds: JSON, YAML, and SCXML without a DTD."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from xml.parsers import expat

import msgspec

from ..faults import Fault, FaultyDocument
from ..places import Path, Places
from ..source import Source, decoded
from .scxml_writer import OURS, SCXML
from .yaml_text import is_yaml, read_yaml

DEEPEST = 40
"""States, elements and values are nested no deeper."""
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_BYTE = re.compile(r" \(byte (\d+)\)$")


class Positions(Places):
    """Where the parts of a document stand that is no TOML."""

    def __init__(self, text: str, starts: Mapping[Path, int]) -> None:
        self._text = text
        self._lines = [0, *(i + 1 for i, character in enumerate(text) if character == "\n")]
        self._keys = {(): 0, **starts}
        self._values = self._keys


class Foreign(Source):
    """A document that is no TOML."""

    def __init__(
        self, text: str, name: str, environment: Mapping[str, str] | None, data: dict[str, Any]
    ) -> None:
        self.name = name
        self.environment = environment
        self.faults = []
        self.text = text
        self.data = data
        self.starts: dict[Path, int] = {}

    @cached_property
    def places(self) -> Places:
        """Where everything stands; worked out when it is first needed."""
        return Positions(self.text, self.starts or _json_starts(self.text))


def open_document(
    content: str | bytes, name: str = "<text>", environment: Mapping[str, str] | None = None
) -> Source:
    """Open a document of any format that is known: TOML, JSON, YAML or SCXML.

    Raises:
        FaultyDocument: it is none of them, or larger or deeper than any workflow is.
    """
    text = decoded(content, name)
    first = text.lstrip()[:1]
    if is_yaml(text, name):
        return _yaml(text, name, environment)
    if first == "{":
        return Foreign(text, name, environment, _json(text, name))
    if first == "<":
        return _xml(text, name, environment)
    return Source(content, name, environment)


def _yaml(text: str, name: str, environment: Mapping[str, str] | None) -> Foreign:
    data, starts = read_yaml(text, name)
    if not isinstance(data, dict):
        raise FaultyDocument([_fault_at(text, name, 0, "This is no statechart: give it 'states'.")])
    source = Foreign(text, name, environment, data)
    source.starts = starts
    return source


def _json(text: str, name: str) -> dict[str, Any]:
    depth = 0
    for match in _TOKEN.finditer(text):
        depth += (match.group() in ("{", "[")) - (match.group() in ("}", "]"))
        if depth > DEEPEST * 4:
            what = f"It is nested more than {DEEPEST * 4} deep, which no workflow is."
            raise FaultyDocument([_fault_at(text, name, match.start(), what)])
    try:
        data = msgspec.json.decode(text.encode(), type=dict[str, Any])
    except (ValueError, RecursionError) as error:
        said = str(error)
        found = _BYTE.search(said)
        at = len(text.encode()[: int(found[1])].decode(errors="ignore")) if found else 0
        what = said[: found.start()] if found else said
        raise FaultyDocument([_fault_at(text, name, at, f"This is no JSON: {what}.")]) from error
    return data


def _fault_at(text: str, name: str, start: int, what: str) -> Fault:
    line = text.count("\n", 0, start) + 1
    return Fault(what, "", name, line, start - (text.rfind("\n", 0, start) + 1) + 1)


def _json_starts(text: str) -> dict[Path, int]:
    """Return where each value of a sound JSON text begins."""
    starts: dict[Path, int] = {}
    around: list[list[Any]] = []
    expects_key = False
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token == ":":
            expects_key = False
        elif token == ",":
            if around and around[-1][0] == "[":
                around[-1][1] += 1
            else:
                expects_key = True
        elif token in "}]":
            around.pop()
            expects_key = False
        elif expects_key:
            around[-1][1] = msgspec.json.decode(token)
            expects_key = False
        else:
            starts.setdefault(tuple(key for _, key in around), match.start())
            if token in ("{", "["):
                around.append([token, None if token == "{" else 0])
                expects_key = token == "{"
    return starts


class Element:
    """An element of SCXML.

    Attributes:
        tag: its name; with "r:" before it when it is ours, and "?" when it is another's.
        attributes: those of SCXML by name, ours with "r:" before it.
        path: its place, for faults.
        children: the elements in it.
        text: the text in it.
    """

    def __init__(self, tag: str, attributes: dict[str, str], path: Path) -> None:
        self.tag = tag
        self.attributes = attributes
        self.path = path
        self.children: list[Element] = []
        self.text = ""

    def get(self, name: str) -> str:
        """Return an attribute, or ""."""
        return self.attributes.get(name, "").strip()


class _Refused(Exception):
    pass


def _xml(text: str, name: str, environment: Mapping[str, str] | None) -> Foreign:
    source = Foreign(text, name, environment, {})
    lines = [0, *(i + 1 for i, character in enumerate(text) if character == "\n")]
    parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
    stack: list[Element] = []
    pieces: list[list[str]] = []

    def at() -> int:
        start = lines[min(parser.CurrentLineNumber, len(lines)) - 1]
        return min(start + parser.CurrentColumnNumber, len(text))

    def begin(tag: str, attributes: dict[str, str]) -> None:
        if len(stack) >= DEEPEST + 3:
            raise _Refused(f"It is nested more than {DEEPEST} deep, which no workflow is")
        path: Path = (len(source.starts),)
        source.starts[path] = at()
        named = {_short(key, SCXML if " " in key else ""): v for key, v in attributes.items()}
        element = Element(_short(tag, SCXML), named, path)
        if stack:
            stack[-1].children.append(element)
        else:
            source.data["scxml"] = element
        stack.append(element)
        pieces.append([])

    def end(tag: str) -> None:
        stack.pop().text = "".join(pieces.pop())

    def refuse(*_: Any) -> None:
        raise _Refused("It has a DOCTYPE, which could declare entities; remove it")

    def characters(piece: str) -> None:
        pieces[-1].append(piece)

    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(text.encode(), True)
    except _Refused as error:
        raise FaultyDocument([_fault_at(text, name, at(), f"{error}.")]) from None
    except (expat.ExpatError, ValueError) as error:
        what = f"This is no XML: {str(error).partition(': line')[0]}."
        raise FaultyDocument([_fault_at(text, name, at(), what)]) from error
    return source


def _short(name: str, plain: str) -> str:
    """Return a name without its namespace, if that is SCXML's, ours, or none at all."""
    space, _, local = name.rpartition(" ")
    if space in (plain, ""):
        return local
    return f"r:{local}" if space == OURS else f"?{local}"
