"""A document's text: read within bounds, with the faults that are found in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path as FilePath
from typing import Any

from .faults import Fault, FaultyDocument
from .places import Path, Places
from .tokens import tokens

LARGEST = 1_000_000
"""A document is no longer than so many bytes."""
MOST_FAULTS = 200
"""Of a document with more faults, the first ones are told."""
_DEEPEST = 40
_MOST_DOTS = 20
_DOTTED = re.compile(rf"(?:\.[^.\n]*+){{{_MOST_DOTS + 1}}}")
_KEY = re.compile(r"[\s\[]*((?:\"[^\"]*\"|'[^']*'|[^=\[\]\"'\s])+)")
_TWICE = ("Cannot overwrite a value", "Cannot declare")
_SHOWN = 200
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


class Source:
    """A TOML document, and what has been found to be wrong with it.

    Attributes:
        name: the file's path, or "<text>".
        text: its text.
        data: what it says.
        faults: what is wrong with it, so far.
        environment: the variables that it may use; None when that is not to be looked at.
    """

    def __init__(
        self,
        content: str | bytes,
        name: str = "<text>",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Read a document.

        Raises:
            FaultyDocument: it is no TOML, or larger or deeper than any workflow is.
        """
        self.name = name
        self.environment = environment
        self.faults: list[Fault] = []
        self.text = decoded(content, name)
        _check_bounds(self.text, name)
        try:
            self.data: dict[str, Any] = _parser()(self.text)
        except (ValueError, RecursionError) as error:
            raise FaultyDocument([_syntax(error, self.text, name)]) from error

    @cached_property
    def places(self) -> Places:
        """Where everything stands; worked out when it is first needed."""
        return Places(self.text)

    def fault(
        self, path: Path, what: str, name: str = "", *, value: bool = False, offset: int = 0
    ) -> None:
        """Note that something is wrong.

        Arguments:
            path: where; the nearest place around it that is written is told.
            what: what is wrong and what to do, in a sentence.
            name: the name at fault.
            value: whether it is the value, and not its key.
            offset: which character of the value, when that is text.

        Raises:
            FaultyDocument: there are so many that the rest are not looked for.
        """
        line, column = self.places.value(path, offset) if value else self.places.key(path)
        self.faults.append(Fault(what, name, self.name, line, column))
        if len(self.faults) >= MOST_FAULTS:
            more = f"There are more than {MOST_FAULTS} faults; correct these first."
            raise FaultyDocument([*self.faults, Fault(more, "", self.name, line, column)])

    def refuse(self) -> None:
        """Raise what has been found, if anything has.

        Raises:
            FaultyDocument: something has.
        """
        if self.faults:
            raise FaultyDocument(self.faults)


def read_file(path: FilePath) -> bytes:
    """Return the content of a file, or enough of it to see that it is too large.

    Raises:
        FaultyDocument: it can't be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        what = f"The document can't be read: {why}; check the path."
        raise FaultyDocument([Fault(what, "", str(path))]) from error


@lru_cache(maxsize=1)
def _parser() -> Callable[[str], dict[str, Any]]:
    """The compiled tomli where it is installed; in Python it is the standard library's tomllib."""
    parse: Callable[[str], dict[str, Any]] = import_module(
        "tomli" if find_spec("tomli") else "tomllib"
    ).loads
    return parse


def decoded(content: str | bytes, name: str) -> str:
    """Return a document's text, with line ends as they are here.

    Raises:
        FaultyDocument: it is too large, or no UTF-8.
    """
    if len(content) > LARGEST:
        what = f"The document is longer than {LARGEST:,} bytes, which no workflow is; split it up."
        raise FaultyDocument([Fault(what, "", name)])
    if isinstance(content, str):
        text = content
    else:
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            before = content[: error.start].decode(errors="replace")
            line = before.count("\n") + 1
            column = len(before) - (before.rfind("\n") + 1) + 1
            what = f"Byte {content[error.start]:#04x} is no UTF-8; save the file as UTF-8."
            raise FaultyDocument([Fault(what, "", name, line, column)]) from error
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def _check_bounds(text: str, name: str) -> None:
    """Refuse what would cost the parser more than its length: deep nesting, endless keys."""
    if _is_shallow(text) and not _DOTTED.search(text):
        return
    depth = dots = 0
    after_dot = False
    for _, token, start in tokens(text):
        if token in ("[", "{"):
            depth += 1
        elif token in ("]", "}"):
            depth = max(0, depth - 1)
        elif token == ".":
            dots, after_dot = dots + 1, True
            if dots > _MOST_DOTS:
                _refuse(text, name, start, f"A key has more than {_MOST_DOTS} parts")
            continue
        elif not after_dot:
            dots = 0
        after_dot = False
        if depth > _DEEPEST:
            _refuse(text, name, start, f"It is nested more than {_DEEPEST} deep")


def _is_shallow(text: str) -> bool:
    """Tell whether brackets pair up within a few levels, as they do in nearly all documents."""
    brackets = re.sub(r"[^\[\]{}]++", "", text)
    for _ in range(6):
        brackets = brackets.replace("[]", "").replace("{}", "")
    return not brackets


def _refuse(text: str, name: str, start: int, what: str) -> None:
    line = text.count("\n", 0, start) + 1
    column = start - (text.rfind("\n", 0, start) + 1) + 1
    raise FaultyDocument([Fault(f"{what}, which no workflow needs.", "", name, line, column)])


def _syntax(error: Exception, text: str, name: str) -> Fault:
    said = str(error)
    match = _PLACE.search(said)
    if match and match[1]:
        line, column = int(match[1]), int(match[2])
    elif match:
        line, column = text.count("\n") + 1, len(text) - (text.rfind("\n") + 1) + 1
    else:
        line, column = 1, 1  # the parser itself does not know
    what = (said[: match.start()] if match else said).rstrip(".")
    key = _KEY.match(text.split("\n")[line - 1][:_SHOWN]) if match else None
    at = key[1].strip() if key else ""
    if key and what.startswith(_TWICE):
        column = key.start(1) + 1
        what = f"{at} is there already; remove one of the two, or put them together"
    elif what == "Illegal character '\\n'":
        what = "A text has no closing quote on its line; give it one"
    elif what == "Invalid value":
        what = f"What {at or 'a key'} has is no value; texts need quotes around them"
    return Fault(f"This is no TOML: {what}.", at, name, line, column)
