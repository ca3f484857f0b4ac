"""What a workflow has named and is still to come: never changed, only followed by another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from ..persistence.records import Message, MessageKind
from .children.birth import Group, group_of
from .frozen_map import FrozenMap


class Pending:
    """Messages by kind and name, and how many there are of a group of children.

    There may be thousands, and as many steps on their way to the store, each with its own.

    Example:
        >>> pending = Pending.of([timer])                       # doctest: +SKIP
        >>> pending.named(MessageKind.TIMER, "reminder")
        (timer,)
    """

    __slots__ = ("_by_kind", "_groups")

    def __init__(self) -> None:
        self._by_kind: dict[MessageKind, FrozenMap[str | None, tuple[Message, ...]]] = {}
        self._groups: FrozenMap[Group, int] = FrozenMap()

    @classmethod
    def of(cls, messages: Iterable[Message]) -> Pending:
        """Return these, or the one that there is of none."""
        return NOTHING.changed(messages, ())

    def changed(self, added: Iterable[Message], gone: Iterable[Message]) -> Pending:
        """Return what is pending when some are added and then some are gone."""
        now: dict[MessageKind, dict[str | None, tuple[Message, ...]]] = {}
        groups: dict[Group, int] = {}
        for one in added:
            names = now.setdefault(one.kind, {})
            names[one.name] = (*names.get(one.name, self.named(one.kind, one.name)), one)
            if (group := group_of(one)) is not None:
                groups[group] = groups.get(group, self.count(group)) + 1
        for one in gone:
            names = now.setdefault(one.kind, {})
            before = names.get(one.name, self.named(one.kind, one.name))
            names[one.name] = tuple(other for other in before if other.id != one.id)
            lost = _find(one.id, before)
            if lost is not None and (group := group_of(lost)) is not None:
                groups[group] = groups.get(group, self.count(group)) - 1
        if not now:
            return self
        after = Pending.__new__(Pending)
        after._by_kind = self._by_kind.copy()
        for kind, names in now.items():
            after._by_kind[kind] = self._by_kind.get(kind, NONE).changed(names)
        after._groups = self._groups.changed(groups) if groups else self._groups
        return after

    def named(self, kind: MessageKind, name: str | None) -> tuple[Message, ...]:
        """Return those of a kind under a name."""
        return self._by_kind.get(kind, NONE).get(name) or ()

    def of_kind(self, kind: MessageKind) -> Iterator[Message]:
        """Yield those of a kind."""
        return chain.from_iterable(self._by_kind.get(kind, NONE).values())

    def count(self, group: Group) -> int:
        """Return how many children of a group there are."""
        return self._groups.get(group) or 0

    def __iter__(self) -> Iterator[Message]:
        return chain.from_iterable(self.of_kind(kind) for kind in self._by_kind)

    def find(self, message: Message) -> Message | None:
        """Return a message as it was left, whatever it brings by now; None if it is not there."""
        return _find(message.id, self.named(message.kind, message.name))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pending) and {*self} == {*other}

    __hash__ = None  # type: ignore[assignment]  # as with a dict


def _find(id: int, among: Iterable[Message]) -> Message | None:
    return next((one for one in among if one.id == id), None)


NONE: FrozenMap[str | None, tuple[Message, ...]] = FrozenMap()
NOTHING = Pending()
