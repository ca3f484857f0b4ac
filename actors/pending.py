"""What a workflow has named and is still to come: never changed, only followed by another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, TypeAlias, TypeVar

from ..persistence.records import Message, MessageKind
from .children.birth import Group, group_of
from .frozen_map import FrozenMap

Named: TypeAlias = tuple[MessageKind, str | None]

K = TypeVar("K")
V = TypeVar("V")

NONE: FrozenMap[Any, Any] = FrozenMap()


class Pending:
    """Messages by kind and id, by kind and name, and how many there are of a group of children.

    There may be thousands, and as many steps on their way to the store, each with its own.

    Example:
        >>> pending = Pending.of([timer])                       # doctest: +SKIP
        >>> pending.named(MessageKind.TIMER, "reminder")
        (timer,)
    """

    __slots__ = ("_by_kind", "_by_name", "_groups")

    def __init__(self) -> None:
        self._by_kind: dict[MessageKind, FrozenMap[int, Message]] = {}
        self._by_name: FrozenMap[Named, tuple[Message, ...]] = NONE
        self._groups: FrozenMap[Group, int] = NONE

    @classmethod
    def of(cls, messages: Iterable[Message]) -> Pending:
        """Return these, or the one that there is of none."""
        given = tuple(messages)
        return NOTHING.changed(given, ()) if given else NOTHING

    def changed(self, added: Collection[Message], gone: Collection[int]) -> Pending:
        """Return what is pending when some are added and some of those before are gone."""
        lost = [one for id in gone if (one := self.get(id)) is not None]
        if not added and not lost:
            return self
        kinds = {one.kind for one in chain(added, lost)}
        after = Pending()
        after._by_kind = {
            **self._by_kind,
            **{kind: self._kept(kind, added, lost) for kind in kinds},
        }
        after._by_name = self._names(added, lost)
        in_groups = MessageKind.CHILD in kinds
        after._groups = self._counted(added, lost) if in_groups else self._groups
        return after

    def _kept(
        self, kind: MessageKind, added: Iterable[Message], lost: Iterable[Message]
    ) -> FrozenMap[int, Message]:
        return self._by_kind.get(kind, NONE).changed(
            [(one.id, one) for one in added if one.kind is kind],
            [one.id for one in lost if one.kind is kind],
        )

    def _names(
        self, added: Iterable[Message], lost: Iterable[Message]
    ) -> FrozenMap[Named, tuple[Message, ...]]:
        now: dict[Named, tuple[Message, ...]] = {}
        for one in added:
            place = one.kind, one.name
            now[place] = (*now.get(place, self._by_name.get(place, ())), one)
        for one in lost:
            place = one.kind, one.name
            before = now.get(place, self._by_name.get(place, ()))
            now[place] = tuple(other for other in before if other.id != one.id)
        return _with(self._by_name, now)

    def _counted(self, added: Iterable[Message], lost: Iterable[Message]) -> FrozenMap[Group, int]:
        more = Counter(group for one in added if (group := group_of(one)) is not None)
        more.subtract(group for one in lost if (group := group_of(one)) is not None)
        return _with(
            self._groups, {group: self.count(group) + number for group, number in more.items()}
        )

    def of_kind(self, kind: MessageKind) -> Collection[Message]:
        """Return those of a kind, the oldest first."""
        return self._by_kind.get(kind, NONE).values()

    def named(self, kind: MessageKind, name: str) -> tuple[Message, ...]:
        """Return those of a kind under a name."""
        return self._by_name.get((kind, name), ())

    def count(self, group: Group) -> int:
        """Return how many children of a group there are."""
        return self._groups.get(group, 0)

    def get(self, id: int) -> Message | None:
        """Return the one of this id, or None."""
        for messages in self._by_kind.values():
            if (found := messages.get(id, None)) is not None:
                return found
        return None

    def values(self) -> Iterator[Message]:
        """Yield all of them, those of a kind together."""
        return chain.from_iterable(one.values() for one in self._by_kind.values())

    def __contains__(self, id: int) -> bool:
        return self.get(id) is not None

    def __iter__(self) -> Iterator[int]:
        return (one.id for one in self.values())

    def __len__(self) -> int:
        return sum(map(len, self._by_kind.values()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pending) and {*self.values()} == {*other.values()}

    __hash__ = None  # type: ignore[assignment]  # as with a dict


def _with(before: FrozenMap[K, V], now: Mapping[K, V]) -> FrozenMap[K, V]:
    """Return the map in which some keys have these values, or are gone where that is nothing."""
    there = [item for item in now.items() if item[1]]
    return before.changed(there, [key for key, value in now.items() if not value])


NOTHING = Pending()
