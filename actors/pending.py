"""What a workflow has named and is still to come: never changed, only followed by another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import chain

from ..persistence.records import Message, MessageKind
from .children.birth import Group, group_of

NONE: dict[int, Message] = {}


class Pending:
    """Messages by kind and id, by kind and name, and how many there are of a group of children.

    A change copies what there is of the kinds that it changes, and the names, which C does fast: a
    workflow may have thousands.

    Example:
        >>> pending = Pending.of([timer])                       # doctest: +SKIP
        >>> pending.named(MessageKind.TIMER, "reminder")
        (timer,)
    """

    __slots__ = ("_by_kind", "_by_name", "_groups")

    _by_kind: dict[MessageKind, dict[int, Message]]
    _by_name: dict[tuple[MessageKind, str | None], tuple[Message, ...]]
    _groups: Counter[Group]

    def __init__(self) -> None:
        self._by_kind = {}
        self._by_name = {}
        self._groups = Counter()

    @classmethod
    def of(cls, messages: Iterable[Message]) -> Pending:
        """Return these, or the one that there is of none."""
        given = tuple(messages)
        return NOTHING.changed(given, ()) if given else NOTHING

    def changed(self, added: Collection[Message], gone: Collection[int]) -> Pending:
        """Return what is pending when some are added and then some are gone."""
        lost = [one for id in gone if (one := self.get(id)) is not None]
        if not added and not lost:
            return self
        after = Pending()
        by_kind, by_name = self._by_kind.copy(), self._by_name.copy()
        groups = self._groups.copy() if self._groups else Counter[Group]()
        for kind in {one.kind for one in chain(added, lost)}:
            by_kind[kind] = by_kind.get(kind, NONE).copy()
        for message in added:
            by_kind[message.kind][message.id] = message
            place = message.kind, message.name
            by_name[place] = (*by_name.get(place, ()), message)
            if (group := group_of(message)) is not None:
                groups[group] += 1
        for message in lost:
            del by_kind[message.kind][message.id]
            place = message.kind, message.name
            left = tuple(one for one in by_name[place] if one.id != message.id)
            if left:
                by_name[place] = left
            else:
                del by_name[place]
            if (group := group_of(message)) is not None:
                groups[group] -= 1
                if not groups[group]:
                    del groups[group]
        after._by_kind, after._by_name, after._groups = by_kind, by_name, groups
        return after

    def of_kind(self, kind: MessageKind) -> Collection[Message]:
        """Return those of a kind, the oldest first."""
        return self._by_kind.get(kind, NONE).values()

    def named(self, kind: MessageKind, name: str) -> tuple[Message, ...]:
        """Return those of a kind under a name."""
        return self._by_name.get((kind, name), ())

    def count(self, group: Group) -> int:
        """Return how many children of a group there are."""
        return self._groups[group]

    def get(self, id: int) -> Message | None:
        """Return the one of this id, or None."""
        for messages in self._by_kind.values():
            if (found := messages.get(id)) is not None:
                return found
        return None

    def values(self) -> Iterator[Message]:
        """Yield all of them, those of a kind together."""
        return chain.from_iterable(one.values() for one in self._by_kind.values())

    def __contains__(self, id: object) -> bool:
        return any(id in messages for messages in self._by_kind.values())

    def __iter__(self) -> Iterator[int]:
        return chain.from_iterable(self._by_kind.values())

    def __len__(self) -> int:
        return sum(map(len, self._by_kind.values()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pending) and {*self.values()} == {*other.values()}

    __hash__ = None  # type: ignore[assignment]  # as with a dict


NOTHING = Pending()
