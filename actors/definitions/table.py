"""A table of a document, read key by key; what it has besides is a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from .names import nearest
from .places import Path
from .shapes import (
    Anything,
    Choice,
    Flag,
    Listed,
    Named,
    Names,
    Nested,
    Number,
    Shape,
    Text,
)
from .source import Source

T = TypeVar("T")
S = TypeVar("S", bound=Shape)
_OPEN = Anything("")


class Table:
    """A table, or an empty one where there is none.

    Attributes:
        path: where it is.
        what: what it is, for sentences: "agent 'coder'".
    """

    def __init__(
        self, source: Source, path: Path, data: Any, what: str, keys: Mapping[str, Shape] | None
    ) -> None:
        """Look at a table.

        Arguments:
            source: the document.
            path: where it is.
            data: what it holds.
            what: what it is, for sentences.
            keys: what it may hold; None when names are the author's.
        """
        self.source = source
        self.path = path
        self.what = what
        self._data: dict[str, Any] = data if isinstance(data, dict) else {}
        self._keys = keys
        self._is_one = isinstance(data, dict)
        if not self._is_one:
            self.fault("", f"{_upper(what)} must be a table.", _last_name(path))

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def raw(self, key: str) -> Any:
        """Return whatever a key has, or None."""
        self._shape(key, Shape)
        return self._data.get(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def fault(
        self, key: str, what: str, name: str = "", *, value: bool = False, offset: int = 0
    ) -> None:
        """Note that something is wrong with a key, or with the table when that is ""."""
        path = (*self.path, key) if key else self.path
        self.source.fault(path, what, name or key, value=value, offset=offset)

    def missing(self, key: str, what: str = "") -> None:
        """Note that a key is missing, if it is; of what is no table, that has been said instead.

        Arguments:
            key: the key.
            what: what to say; by default that it has none.
        """
        if self._is_one and key not in self._data:
            self.fault("", what or f"{_upper(self.what)} has no {key!r}; give it one.", key)

    def text(self, key: str, *, required: bool | None = None) -> str:
        """Return a key's text, without space around it; "" when there is none.

        Arguments:
            key: the key.
            required: whether it must be there; by default that is known.
        """
        required = self._shape(key, Text).required if required is None else required
        found: str | None = self._get(key, str, "text")
        if found is None:
            if required:
                self.missing(key)
            return ""
        if required and not found.strip():
            self.fault(key, f"{key!r} of {self.what} is empty; fill it in.", key)
        return found.strip()

    def choice(self, key: str, name: str = "") -> str:
        """Return the one of some texts that a key has, or "" when it has none of them.

        Arguments:
            key: the key.
            name: the name at fault when it has another; the key by default.
        """
        shape = self._shape(key, Choice)
        found: str | None = self._get(key, str, "text")
        if found is None:
            if shape.required:
                self.missing(key)
            return ""
        if found in shape.values:
            return found
        *others, last = (f'"{value}"' for value in shape.values)
        what = f"{key!r} of {self.what} is {found[:60]!r}; it is {', '.join(others)} or {last}."
        self.fault(key, what, name, value=True)
        return ""

    def boolean(self, key: str) -> bool:
        """Return whether a key says true."""
        self._shape(key, Flag)
        return bool(self._get(key, bool, "true or false"))

    def number(self, key: str) -> float | None:
        """Return a key's number, or None."""
        shape = self._shape(key, Number)
        found = self._data.get(key)
        if found is None:
            return None
        kind = "a whole number" if shape.whole else "a number"
        right = type(found) is int or (not shape.whole and type(found) is float)
        least = shape.least or 0
        if not right or not least <= found <= shape.most or (shape.above and found == least):
            bound = f" {'above' if shape.above else 'from'} {least:g}" if right else ""
            bound = f" up to {shape.most:,}" if right and found > shape.most else bound
            self.fault(key, f"{key!r} of {self.what} must be {kind}{bound}.", key, value=True)
            return None
        return int(found) if shape.whole else float(found)

    def texts(self, key: str) -> list[str]:
        """Return a key's list of texts; several faults when some are none."""
        self._shape(key, Shape)
        found = self._get(key, list, "a list") or []
        good = []
        for index, item in enumerate(found):
            if isinstance(item, str) and item.strip():
                good.append(item.strip())
            else:
                what = f"{key!r} of {self.what} must be a list of names, each of them text."
                self.source.fault((*self.path, key, index), what, key, value=True)
                good.append("")
        return good

    def names(self, key: str) -> tuple[str, ...]:
        """Return a key's names: one text, or a list of them."""
        self._shape(key, Names)
        if isinstance(self._data.get(key), list):
            return tuple(self.texts(key))
        text = (self._get(key, str, "text, or a list of names") or "").strip()
        return (text,) if text else ()

    def table(self, key: str, what: str) -> Table:
        """Return a table within this one; an empty one when there is none."""
        shape = self._shape(key, Shape)
        keys = shape.keys if isinstance(shape, Nested) else None
        return Table(self.source, (*self.path, key), self._data.get(key, {}), what, keys)

    def named(self, key: str, what: str) -> Iterator[tuple[str, Table]]:
        """Yield the tables within a table, each with its name."""
        of = self._shape(key, Named).of
        keys = of.keys if isinstance(of, Nested) else None
        outer = self.table(key, f"{key!r}")
        for name, data in outer._data.items():
            path = (*outer.path, name)
            yield name, Table(self.source, path, data, f"{what} {name!r}", keys)

    def listed(self, key: str, what: str) -> Iterator[Table]:
        """Yield the tables of a list."""
        of = self._shape(key, Listed).of
        keys = of.keys if isinstance(of, Nested) else None
        given = self._data.get(key)
        if isinstance(given, dict):
            head = ".".join(part for part in (*self.path, key) if isinstance(part, str))
            self.fault(key, f"{key!r} of {self.what} must be a list of tables: write [[{head}]].")
            yield Table(self.source, (*self.path, key), given, what, keys)
            return
        found = self._get(key, list, "a list of tables") or []
        for index, item in enumerate(found):
            yield Table(self.source, (*self.path, key, index), item, what, keys)

    def each_text(self, key: str, what: str) -> Iterator[tuple[str, str, Table]]:
        """Yield the names and texts of a table of texts, with the table for faults."""
        outer = self.table(key, f"{key!r}")
        for name in outer._data:
            found = outer._get(name, str, "text")
            if found is not None:
                yield name, found, outer

    def close(self) -> None:
        """Note a fault for each key that is not known."""
        known = self._keys or {}
        for key in self._data:
            if key not in known:
                near = _ending(nearest(key, sorted(known)))
                self.fault(key, f"Unknown key {key!r} of {self.what}{near}", key)

    def _shape(self, key: str, kind: type[S]) -> S:
        """Return what is known of a key that the reader asks for."""
        shape = _OPEN if self._keys is None else self._keys[key]
        if not isinstance(shape, kind):
            raise TypeError(f"{key!r} of {self.what} is read as what it is not: {shape}")
        return shape

    def _get(self, key: str, kind: type[T], said: str) -> T | None:
        found = self._data.get(key)
        if found is None:
            return None
        if type(found) is not kind:
            self.fault(key, f"{key!r} of {self.what} must be {said}.", key, value=True)
            return None
        return found

    def parsed(self, key: str, parse: Callable[[str], T]) -> T | None:
        """Return what a function makes of a key's text, or None when it is none or raises."""
        self._shape(key, Shape)
        text = self._get(key, str, "text")
        if text is None:
            return None
        try:
            return parse(text)
        except ValueError as error:
            self.fault(key, f"{key!r} of {self.what}: {error}.", key, value=True)
            return None


def _last_name(path: Path) -> str:
    return next((str(part) for part in reversed(path) if isinstance(part, str)), "")


def _ending(near: str) -> str:
    return near if near.endswith(("?", ".")) else f"{near}."


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
