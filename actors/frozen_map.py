"""A mapping that is never changed, only followed by another, at little cost however large it is."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, ValuesView
from enum import Enum
from typing import Any, Final, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")
D = TypeVar("D")


class _Gone(Enum):
    GONE = "no longer there"


GONE: Final = _Gone.GONE
FEW = 16


class FrozenMap(Generic[K, V]):
    """Keys and values: a large dict that many share, and a small one of what is different here.

    A change copies the small one alone. Once that has more keys than the square root of the large
    one, the two are made one: a change costs about the square root of how much there is, in C.

    Example:
        >>> one = FrozenMap[str, int]().changed({"a": 1, "b": 2}.items())
        >>> two = one.changed({"c": 3}.items(), gone=["a"])
        >>> [*one.items()], [*two.items()]
        ([('a', 1), ('b', 2)], [('b', 2), ('c', 3)])
    """

    __slots__ = ("_base", "_size", "_top")

    def __init__(self) -> None:
        self._base: dict[K, V] = {}
        self._top: dict[K, V | _Gone] = {}
        self._size = 0

    def changed(self, added: Iterable[tuple[K, V]] = (), gone: Iterable[K] = ()) -> FrozenMap[K, V]:
        """Return what it is when some keys have got a value, and then some have gone."""
        base, top, size = self._base, self._top.copy(), self._size
        for key, value in added:
            size += top.get(key, base.get(key, GONE)) is GONE
            top[key] = value
        for key in gone:
            size -= top.get(key, base.get(key, GONE)) is not GONE
            if key in base:
                top[key] = GONE
            else:
                top.pop(key, None)
        after: FrozenMap[K, V] = FrozenMap.__new__(FrozenMap)
        after._base, after._top, after._size = base, top, size
        if len(top) > FEW and len(top) ** 2 > len(base):
            after._base, after._top = after._merged(), {}
        return after

    def get(self, key: K, default: D) -> V | D:
        """Return the value of a key, or else the default."""
        found = self._top.get(key, self._base.get(key, GONE))
        return default if found is GONE else found

    def items(self) -> ItemsView[K, V]:
        """Return each key with its value, what came first before what came later."""
        return self._merged().items()

    def values(self) -> ValuesView[V]:
        """Return the values, in the same order."""
        return self._merged().values()

    def _merged(self) -> dict[K, V]:
        if not self._top:
            return self._base
        merged: dict[K, Any] = {**self._base, **self._top}
        for key in [key for key, value in self._top.items() if value is GONE]:
            del merged[key]
        return merged

    def __len__(self) -> int:
        return self._size
