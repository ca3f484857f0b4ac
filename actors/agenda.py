"""What a workflow has still to come, as its actions see it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from itertools import chain, count

import msgspec

from ..persistence.records import Message, MessageKind
from .children.birth import Group, group_of
from .pending import NOTHING, Pending
from .recurrence import recurrence_of
from .runtime import SystemClock

_CLOCK = SystemClock()


class Sent(msgspec.Struct, frozen=True, gc=False):
    """What an action leaves to be done once its step is durable: mostly an event for another.

    Attributes:
        receiver: id of the workflow that it is for.
        event: the event's name.
        data: its data as JSON.
        kind: what it is.
        due: not before this; UTC, in microseconds since 1970, or 0 for at once.
        name: what the sender calls it, or None for a plain message.
        options: what else its kind needs, as JSON, or None.
    """

    receiver: str
    event: str
    data: bytes | None
    kind: MessageKind = MessageKind.MESSAGE
    due: int = 0
    name: str | None = None
    options: bytes | None = None


class Agenda:
    """What the store has of it, with what the present step adds and takes back.

    Attributes:
        came: the message that the step takes, or None.
        sent: what the step has added so far.
        cancelled: what it has taken back so far, by id.
        exists: tells whether a workflow has an id already; without a system none has.
    """

    __slots__ = (
        "_names",
        "_now",
        "_numbers",
        "_pending",
        "came",
        "cancelled",
        "exists",
        "sent",
    )

    def __init__(self) -> None:
        self._now: int | None = None
        self.came: Message | None = None
        self.sent: list[Sent] = []
        self.exists: Callable[[str], bool] = lambda id: False
        self._numbers: dict[str, int] = {}  # the last one given to a child, by its name
        self._pending = NOTHING
        self.cancelled: dict[int, Message] = {}
        # Of what is in `sent`; made when there is something, since most workflows wait.
        self._names: set[tuple[MessageKind, str | None]] | None = None

    def begin(self, pending: Pending, now: int, came: Message | None = None) -> None:
        """Begin a step.

        Arguments:
            pending: what the workflow has named and is still to come.
            now: when the step begins; UTC, in microseconds since 1970.
            came: the message that it takes. If that is a timer that repeats, its next one is set.
        """
        self._now = now
        self._pending = pending
        self.came = came
        if self.sent or self.cancelled:
            self._clear()
        if came is not None and came.kind is MessageKind.TIMER and came.options is not None:
            due = recurrence_of(came).next(came.due, now)
            if due is not None:
                self.add(_again(came, due))

    @property
    def now(self) -> int:
        """When the step began, or without a system the time; UTC, in microseconds since 1970."""
        return _CLOCK.now_us() if self._now is None else self._now

    def unused(self, kind: MessageKind, name: str) -> str:
        """Return this name, or with a number behind it one that nothing of a kind has."""
        numbered = (f"{name} {number}" for number in count(2))
        return next(one for one in chain((name,), numbered) if not self.has(kind, one))

    def unused_child(self, workflow_id: str, name: str) -> str:
        """Return this name, or with a number behind it one that no child has, nor ever had.

        Arguments:
            workflow_id: the parent's id, with which the child's begins.
            name: the name.
        """

        def numbered(number: int) -> str:
            return name if number == 1 else f"{name} {number}"

        def is_taken(number: int) -> bool:
            one = numbered(number)
            return self.has(MessageKind.CHILD, one) or self.exists(f"{workflow_id}/{one}")

        # A child that was taken back may be about to be born: no number is given twice.
        taken = self._numbers.get(name, 0)
        free = taken + 1
        while is_taken(free):  # in ever longer leaps: there may be thousands
            taken, free = free, 2 * free
        while free - taken > 1:
            middle = (taken + free) // 2
            if is_taken(middle):
                taken = middle
            else:
                free = middle
        self._numbers[name] = free
        return numbered(free)

    def has(self, kind: MessageKind, name: str) -> bool:
        """Tell whether something of a kind under a name is still to come."""
        return next(self._named(kind, name), None) is not None

    def left_of(self, group: Group) -> int:
        """Return how many children of a group are still to end."""
        gone = [*self.cancelled.values()]
        if self.came is not None and (came := self._pending.find(self.came)) is not None:
            gone.append(came)
        return self._pending.count(group) - sum(group_of(one) == group for one in gone)

    def cancel_all(self, kinds: Collection[MessageKind]) -> None:
        """Take back all that is still to come of some kinds."""
        for kind in kinds:
            for one in [*self.of(kind)]:
                self.take_back(one)

    def cancel_since(self, sequence: int, kinds: Collection[MessageKind]) -> None:
        """Take back what steps after this one have added of some kinds."""
        for kind in kinds:
            for one in [*self.of(kind)]:
                if isinstance(one, Message) and one.sequence > sequence:
                    self.take_back(one)

    def take(self) -> tuple[list[Sent], tuple[Message, ...]]:
        """Return what the step has added, and what it has taken back; forget both."""
        taken = self.sent.copy(), tuple(self.cancelled.values())
        self._clear()
        return taken

    def _clear(self) -> None:
        self.sent.clear()
        self.cancelled.clear()
        self._names = None

    def add(self, sent: Sent) -> None:
        """Add something to what the step leaves to come."""
        self.sent.append(sent)
        if sent.name is not None:
            if self._names is None:
                self._names = set()
            self._names.add((sent.kind, sent.name))

    def of(self, kind: MessageKind) -> Iterator[Message | Sent]:
        """Yield what is still to come of a kind."""
        for message in self._pending.of_kind(kind):
            if self._is_pending(message):
                yield message
        for sent in self.sent:
            if sent.kind is kind:
                yield sent

    def cancel(self, kind: MessageKind, name: str) -> bool:
        """Take back what is still to come of a kind under a name; tell whether there was any."""
        if not self._is_sent(kind, name) and not self._pending.named(kind, name):
            return False  # as nearly always
        found = [*self._named(kind, name)]
        for one in found:
            self.take_back(one)
        return bool(found)

    def _named(self, kind: MessageKind, name: str) -> Iterator[Message | Sent]:
        yield from (one for one in self._pending.named(kind, name) if self._is_pending(one))
        if self._is_sent(kind, name):
            yield from (one for one in self.sent if one.kind is kind and one.name == name)

    def _is_sent(self, kind: MessageKind, name: str) -> bool:
        return self._names is not None and (kind, name) in self._names

    def _is_pending(self, message: Message) -> bool:
        came = self.came is not None and self.came.id == message.id
        return not came and message.id not in self.cancelled

    def take_back(self, one: Message | Sent) -> None:
        """Take back one thing that is still to come."""
        if isinstance(one, Message):
            self.cancelled[one.id] = one
        else:
            self.sent.remove(one)


def _again(message: Message, due: int) -> Sent:
    return Sent(
        message.receiver,
        message.event,
        message.data,
        kind=message.kind,
        due=due,
        name=message.name,
        options=message.options,
    )
