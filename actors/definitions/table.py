"""A table of a document, read key by key; what it has besides is a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from .names import nearest
from .places import Path
from .source import Source

T = TypeVar("T")
_KINDS: dict[str, type] = {"text": str, "true or false": bool, "a table": dict, "a list": list}


class Table:
    """A table, or an empty one where there is none.

    Attributes:
        path: where it is.
        what: what it is, for sentences: "agent 'coder'".
    """

    def __init__(self, source: Source, path: Path, data: Any, what: str) -> None:
        self.source = source
        self.path = path
        self.what = what
        self._data: dict[str, Any] = data if isinstance(data, dict) else {}
        self._asked: set[str] = set()
        if not isinstance(data, dict):
            self.fault("", f"{_upper(what)} must be a table.", what)

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def raw(self, key: str) -> Any:
        """Return whatever a key has, or None."""
        self._asked.add(key)
        return self._data.get(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def fault(
        self, key: str, what: str, name: str = "", *, value: bool = False, offset: int = 0
    ) -> None:
        """Note that something is wrong with a key, or with the table when that is ""."""
        path = (*self.path, key) if key else self.path
        self.source.fault(path, what, name or key, value=value, offset=offset)

    def text(self, key: str, *, required: bool = False) -> str:
        """Return a key's text, without space around it; "" when there is none."""
        found: str | None = self._get(key, str, "text")
        if found is None:
            if required and key not in self._data:
                self.fault("", f"{_upper(self.what)} has no {key!r}; give it one.", key)
            return ""
        if required and not found.strip():
            self.fault(key, f"{_upper(key)!r} of {self.what} is empty; fill it in.", key)
        return found.strip()

    def boolean(self, key: str) -> bool:
        """Return whether a key says true."""
        return bool(self._get(key, bool, "true or false"))

    def number(self, key: str, *, least: float = 0, whole: bool = True) -> float | None:
        """Return a key's number, or None."""
        self._asked.add(key)
        found = self._data.get(key)
        if found is None:
            return None
        kind = "a whole number" if whole else "a number"
        right = type(found) is int or (not whole and type(found) is float)
        if not right or not least <= found <= 2**53:
            bound = f" from {least:g}" if right else ""
            self.fault(key, f"{key!r} of {self.what} must be {kind}{bound}.", key, value=True)
            return None
        return float(found) if not whole else int(found)

    def texts(self, key: str) -> list[str]:
        """Return a key's list of texts; several faults when some are none."""
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

    def table(self, key: str, what: str) -> Table:
        """Return a table within this one; an empty one when there is none."""
        self._asked.add(key)
        return Table(self.source, (*self.path, key), self._data.get(key, {}), what)

    def named(self, key: str, what: str) -> Iterator[tuple[str, Table]]:
        """Yield the tables within a table, each with its name."""
        outer = self.table(key, f"{key!r}")
        for name in outer._data:
            outer._asked.add(name)
            inner = Table(self.source, (*outer.path, name), outer._data[name], f"{what} {name!r}")
            yield name, inner

    def listed(self, key: str, what: str) -> Iterator[Table]:
        """Yield the tables of a list."""
        found = self._get(key, list, "a list of tables") or []
        for index, item in enumerate(found):
            yield Table(self.source, (*self.path, key, index), item, what)

    def each_text(self, key: str, what: str) -> Iterator[tuple[str, str, Table]]:
        """Yield the names and texts of a table of texts, with the table for faults."""
        outer = self.table(key, f"{key!r}")
        for name in outer._data:
            found = outer._get(name, str, "text")
            if found is not None:
                yield name, found, outer

    def close(self) -> None:
        """Note a fault for each key that was not asked for."""
        for key in self._data:
            if key not in self._asked:
                self.fault(key, f"Unknown key {key!r} of {self.what}{_near(key, self._asked)}", key)

    def _get(self, key: str, kind: type[T], said: str) -> T | None:
        self._asked.add(key)
        found = self._data.get(key)
        if found is None:
            return None
        if type(found) is not kind:
            self.fault(key, f"{key!r} of {self.what} must be {said}.", key, value=True)
            return None
        return found

    def parsed(self, key: str, parse: Callable[[str], T]) -> T | None:
        """Return what a function makes of a key's text, or None when it is none or raises."""
        text = self._get(key, str, "text")
        if text is None:
            return None
        try:
            return parse(text)
        except ValueError as error:
            self.fault(key, f"{key!r} of {self.what}: {error}.", key, value=True)
            return None


def _near(key: str, known: set[str]) -> str:
    found = nearest(key, sorted(known))
    return found if found.endswith(("?", ".")) else f"{found}."


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
