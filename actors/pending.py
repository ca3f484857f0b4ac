"""What a workflow has named and is still to come: never changed, only followed by another."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from ..persistence.records import Message, MessageKind


class Pending:
    """Messages by id, and by kind and name.

    A change copies two dicts, which C does fast: a workflow may have thousands.

    Example:
        >>> pending = Pending.of([timer])                       # doctest: +SKIP
        >>> pending.named(MessageKind.TIMER, "reminder")
        (timer,)
    """

    __slots__ = ("_by_id", "_by_name")

    _by_id: dict[int, Message]
    _by_name: dict[tuple[MessageKind, str | None], tuple[Message, ...]]

    def __init__(self) -> None:
        self._by_id = {}
        self._by_name = {}

    @classmethod
    def of(cls, messages: Iterable[Message]) -> Pending:
        """Return these, or the one that there is of none."""
        given = tuple(messages)
        return NOTHING.changed(given, ()) if given else NOTHING

    def changed(self, added: Collection[Message], gone: Collection[int]) -> Pending:
        """Return what is pending when some are added and then some are gone."""
        if not added and not any(id in self._by_id for id in gone):
            return self
        after = Pending()
        by_id, by_name = self._by_id.copy(), self._by_name.copy()
        for message in added:
            by_id[message.id] = message
            place = message.kind, message.name
            by_name[place] = (*by_name.get(place, ()), message)
        for id in gone:
            message_gone = by_id.pop(id, None)
            if message_gone is None:
                continue
            place = message_gone.kind, message_gone.name
            left = tuple(one for one in by_name[place] if one.id != id)
            if left:
                by_name[place] = left
            else:
                del by_name[place]
        after._by_id, after._by_name = by_id, by_name
        return after

    def named(self, kind: MessageKind, name: str) -> tuple[Message, ...]:
        """Return those of a kind under a name."""
        return self._by_name.get((kind, name), ())

    def get(self, id: int) -> Message | None:
        """Return the one of this id, or None."""
        return self._by_id.get(id)

    def values(self) -> Collection[Message]:
        """Return all of them, the oldest first."""
        return self._by_id.values()

    def __contains__(self, id: object) -> bool:
        return id in self._by_id

    def __iter__(self) -> Iterator[int]:
        return iter(self._by_id)

    def __len__(self) -> int:
        return len(self._by_id)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pending) and self._by_id == other._by_id

    __hash__ = None  # type: ignore[assignment]  # as with a dict


NOTHING = Pending()
