"""Where in a TOML text each key and value stands."""

from __future__ import annotations

import tomllib
from bisect import bisect_right

from .tokens import Token, tokens, unquoted

Path = tuple[str | int, ...]
"""The keys that lead to a value, and the indexes within arrays."""


class Places:
    """An index of a text that is known to be TOML."""

    def __init__(self, text: str) -> None:
        self._lines = [0, *(i + 1 for i, character in enumerate(text) if character == "\n")]
        self._text = text
        self._keys: dict[Path, int] = {(): 0}
        self._values: dict[Path, int] = {}
        self._lengths: dict[Path, int] = {}
        self._tokens = list(tokens(text))
        self._at = 0
        self._read()

    def key(self, path: Path) -> tuple[int, int]:
        """Return line and column of a key, or of the nearest one around it that is written."""
        while path not in self._keys:
            path = path[:-1]
        return self.position(self._keys[path])

    def value(self, path: Path, offset: int = 0) -> tuple[int, int]:
        """Return line and column of a value, or of a character in it, if it is plain text."""
        start = self._values.get(path)
        if start is None:
            return self.key(path)
        quote = self._text[start : start + 1]
        line = self._text[start + 1 : start + 2 + offset]
        if offset and quote in ("'", '"') and "\\" not in line and "\n" not in line:
            return self.position(start + 1 + offset)
        return self.position(start)

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column of a character of the text."""
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    def _read(self) -> None:
        table: Path = ()
        while self._at < len(self._tokens):
            kind, text, start = self._tokens[self._at]
            if kind == "line":
                self._at += 1
            elif text == "[":
                table = self._header(start)
            else:
                self._pair(table)

    def _header(self, start: int) -> Path:
        self._at += 1
        listed = self._peek()[1] == "["
        self._at += listed
        path: Path = ()
        keys = self._keys_here()
        for number, (name, _) in enumerate(keys):
            path = (*path, name)
            last = number == len(keys) - 1
            if path in self._lengths and not (last and listed):
                path = (*path, self._lengths[path] - 1)
            self._keys.setdefault(path, start)
        if listed:
            index = self._lengths.get(path, 0)
            self._lengths[path] = index + 1
            path = (*path, index)
        self._keys[path] = start
        self._values[path] = start
        while self._peek()[0] not in ("line", ""):
            self._at += 1
        return path

    def _pair(self, table: Path) -> None:
        path = table
        before = self._at
        for name, start in self._keys_here():
            path = (*path, name)
            self._keys.setdefault(path, start)
        if self._peek()[1] == "=":
            self._at += 1
        self._value(path)
        if self._at == before:
            self._at += 1  # no TOML after all: go on all the same

    def _keys_here(self) -> list[tuple[str, int]]:
        found: list[tuple[str, int]] = []
        while True:
            kind, text, start = self._peek()
            if kind not in ("bare", "string"):
                return found
            found.append((_key(text), start))
            self._at += 1
            if self._peek()[1] != ".":
                return found
            self._at += 1

    def _value(self, path: Path) -> None:
        kind, text, start = self._peek()
        self._values[path] = start
        self._keys.setdefault(path, start)
        if text == "[":
            self._at += 1
            index = 0
            while self._skip_lines()[1] not in ("]", ""):
                before = self._at
                self._value((*path, index))
                index += 1
                if self._skip_lines()[1] == ",":
                    self._at += 1
                if self._at == before:
                    self._at += 1
            self._at += 1
        elif text == "{":
            self._at += 1
            while self._skip_lines()[1] not in ("}", ""):
                self._pair(path)
                if self._skip_lines()[1] == ",":
                    self._at += 1
            self._at += 1
        elif kind == "string":
            self._at += 1
        else:
            while self._peek()[0] not in ("line", "") and self._peek()[1] not in (",", "]", "}"):
                self._at += 1

    def _peek(self) -> Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", "", len(self._text))

    def _skip_lines(self) -> Token:
        while self._peek()[0] == "line":
            self._at += 1
        return self._peek()


def _key(token: str) -> str:
    if token[0] == '"' and "\\" in token:
        try:
            return next(iter(tomllib.loads(f"{token}=0")))
        except (tomllib.TOMLDecodeError, ValueError):
            return unquoted(token)
    return unquoted(token)
