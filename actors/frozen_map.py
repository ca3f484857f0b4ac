"""A mapping that is never changed, only followed by another, at little cost however large it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

FEW = 16


class FrozenMap(Generic[K, V]):
    """Keys and values: a large dict that many share, and a small one of what is different here.

    A change copies the small one alone. Once that has more keys than the square root of the large
    one, the two are made one: a change costs about the square root of how much there is, in C.

    Example:
        >>> one = FrozenMap[str, int]().changed({"a": 1, "b": 2})
        >>> two = one.changed({"a": 0, "c": 3})
        >>> [*one.values()], [*two.values()]
        ([1, 2], [2, 3])
    """

    __slots__ = ("_base", "_top")

    def __init__(self) -> None:
        self._base: Mapping[K, V] = {}
        self._top: Mapping[K, V] = {}

    def changed(self, now: Mapping[K, V]) -> FrozenMap[K, V]:
        """Return what it is when these keys have these values; one with an empty value is gone."""
        after: FrozenMap[K, V] = FrozenMap.__new__(FrozenMap)
        after._base, after._top = self._base, {**self._top, **now}
        if len(after._top) > FEW and len(after._top) ** 2 > len(after._base):
            merged = {**after._base, **after._top}
            for key, value in after._top.items():
                if not value:
                    del merged[key]
            after._base, after._top = merged, {}
        return after

    def get(self, key: K) -> V | None:
        """Return the value of a key; None, or an empty one, if it is not there."""
        return self._top[key] if key in self._top else self._base.get(key)

    def values(self) -> Iterator[V]:
        """Yield the values, in the order in which their keys came."""
        for value in {**self._base, **self._top}.values():
            if value:
                yield value
