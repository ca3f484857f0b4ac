"""The outbox: brings what steps have sent to where it belongs, once it is durable, and due.

A message is written with the step that sends it and taken out with the step that takes it, so it
takes effect exactly once. What is on its way when the process ends is delivered when the
store is opened again. What is due later is not held in memory: see `due`. Nor is what there is no
room for now: so many messages are handed out at once, and the rest waits in the store.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import suppress

from msgspec.structs import replace
from pykka import ActorDeadError

from ..persistence.codec import decode_json
from ..persistence.errors import StoreError, SystemStopped, WorkflowNotFound
from ..persistence.records import Message, MessageKind, Step
from .children.joining import CANCEL
from .due import WINDOW, Due
from .in_turn import InTurn
from .messages import Deliver, EventFailed, LookDue, Redeliver
from .services import Carrier, Services

logger = logging.getLogger("repertory.persistence")

FIRST_RETRY = 0.1
LONGEST_RETRY = 30.0
"""Seconds until a message that could not be taken is tried again: doubled each time, up to this."""

EACH = 100
"""Messages that one workflow is given at once; of all together, it is `due.WINDOW`."""


class Outbox:
    """Used by the persistence actor alone, so that messages leave in the order of the commits."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store
        self._in_flight: dict[int, str] = {}
        self._given: Counter[str] = Counter()
        # What others see to, and who does.
        self._carried: dict[int, Carrier] = {}
        # Receivers that could not take a message: what is sent to one waits until it is tried
        # again, so that nothing overtakes.
        self._stalled: set[str] = set()
        self._pauses: dict[str, float] = {}
        # Receivers for whom more waits in the store; those of them who have room for it now.
        self._behind: set[str] = set()
        self._next: deque[str] = deque()
        # How far it has come in what was there when the store was opened; None: through it.
        self._found: int | None = None
        self._due = Due(services)
        self._in_turn = InTurn()
        self._stopped = False

    @property
    def under_way(self) -> bool:
        """Whether a message was delivered and is not taken yet, or could be delivered now."""
        more = self._due.behind or self._next or self._in_turn.free or self._found is not None
        if self._in_flight or more:
            return True
        return any(carrier.busy for carrier in self._services.carriers.values())

    def deliver_all(self) -> None:
        """Deliver what was on its way when the store was closed, or the process killed."""
        self._found = 0
        self._due.begin_anew()
        self.look_due()
        self.catch_up()

    def catch_up(self) -> None:
        """Deliver what has waited in the store, as far as there is room for it."""
        if self._found is None and not self._next and not self._in_turn.free:
            return  # as nearly always
        if self._stopped:
            return  # nobody takes anything any more; it is for the next system
        try:
            self._catch_up()
        except StoreError as error:
            logger.warning("Messages that wait could not be read, and are tried again: %s", error)
            self._look_later()

    def _look_later(self) -> None:
        def look() -> None:
            with suppress(ActorDeadError):  # stopped meanwhile; the next system delivers it
                self._services.persistence.tell(LookDue())

        with suppress(RuntimeError):  # likewise: the clock has stopped
            self._services.runtime.clock.call_later(FIRST_RETRY, look)

    def _catch_up(self) -> None:
        for message in self._in_turn.following(self._in_flight.__contains__):
            self._deliver(message)
        while self._next and (room := self._room()) > 0:
            self._catch_up_with(self._next[0], room)
            self._next.popleft()
        while self._found is not None and (room := self._room()) > 0:
            page = self._store.due(by=0, after=(0, self._found), limit=room)
            for message in page:
                if not self._is_full(message):
                    self._deliver_once(message)
            self._found = page[-1].id if len(page) == room else None

    def _room(self) -> int:
        """Return how many more messages may be under way; none once nobody takes them any more."""
        return 0 if self._stopped else WINDOW - len(self._in_flight)

    def _catch_up_with(self, receiver: str, room: int) -> None:
        """Deliver the first of what waits for a receiver."""
        if receiver not in self._behind:
            return
        limit = min(EACH, self._given[receiver] + room)
        waiting = self._waiting(receiver, limit)
        if len(waiting) < limit:
            self._behind.discard(receiver)
        for message in waiting:
            if message.id not in self._in_flight:
                self._deliver(message)

    def _is_full(self, message: Message) -> bool:
        """Tell whether a message must wait in the store, since its receiver has got enough."""
        if message.kind in self._services.carriers:
            return False
        receiver = message.receiver
        if receiver in self._behind:
            return True
        if (given := self._given[receiver]) < EACH and len(self._in_flight) < WINDOW:
            return False
        self._behind.add(receiver)
        if given < EACH:
            self._next.append(receiver)
        return True

    def look_due(self) -> None:
        """Deliver what is due by now, in that order, a window at a time."""
        for message in self._due.take(len(self._in_flight)):
            self._deliver_once(message)

    def _deliver_once(self, message: Message) -> None:
        carried = message.kind in self._services.carriers
        if message.id not in self._in_flight and (carried or message.receiver not in self._stalled):
            self._deliver(message)

    def committed(self, step: Step) -> None:
        """Deliver what a step has sent; forget what it has taken, or taken back."""
        if step.receives is not None:
            self._forget(step.receives)
            self._pauses.pop(step.record.id, None)
        for id in step.cancels:
            self._forget(id)
        if step.record.finished:
            for tell in self._services.on_finished:
                tell(step.record)
        for message in step.sends:
            if message.due:
                if not (self._due.has_given(message) and self._waits(message)):
                    self._due.expect(message.due)
            elif message.kind in self._services.carriers:
                self._deliver(message)
            elif message.receiver in self._stalled:
                continue
            elif self._found is None:
                if not self._is_full(message):
                    self._deliver_once(message)
            elif message.receiver not in self._behind:  # what was there before goes first
                self._behind.add(message.receiver)
                self._next.append(message.receiver)

    def dropped(self, message: int) -> None:
        """Forget a message that came too late: its sender has taken it back."""
        self._forget(message)

    def discard(self, message: int) -> None:
        """Delete a message that means nothing any more, and about which nobody has to be told."""
        self._forget(message)
        self._store.discard(message)

    def _forget(self, message: int) -> None:
        if (carrier := self._carried.pop(message, None)) is not None:
            carrier.gone(message)
        if (receiver := self._in_flight.pop(message, None)) is not None:
            self._in_turn.taken(receiver, message)
            self._given[receiver] -= 1
            left = self._given[receiver]
            if left == EACH // 2 or not left:
                if receiver in self._behind:
                    self._next.append(receiver)
                if not left:
                    del self._given[receiver]
        if self._due.wants_more(len(self._in_flight)):
            self.look_due()

    def postpone(self, rows: Sequence[tuple[int, int, int, bytes | None]]) -> None:
        """Have messages wait for another attempt: id, due, attempt and options of each."""
        self._store.postpone_all(rows)
        for message, due, *_ in rows:
            self._carried.pop(message, None)
            self._forget(message)
            self._due.expect(due)

    def bury(self, message: int, why: str) -> None:
        """Set a message aside, for somebody to see to it by hand."""
        self._store.bury(message, why)
        self._carried.pop(message, None)
        self._forget(message)

    def revive(self, message: int) -> bool:
        """Take up a message that was set aside, or that waits, at once; tell whether it is there.

        One that is being seen to is left alone.
        """
        if message in self._carried:
            return True
        found = self._store.revive(message, self._services.runtime.clock.now_us())
        if found is not None:
            self._deliver(found)
        return found is not None

    def failed(self, message: Message, error: Exception) -> None:
        """Try again later; a message to nobody is kept as one that can't be delivered."""
        receiver = message.receiver
        if (carrier := self._services.carriers.get(message.kind)) is not None:
            carrier.returned(message, error)
            return
        self._forget(message.id)
        if isinstance(error, WorkflowNotFound) and message.event == CANCEL:
            self._store.discard(message.id)  # a child that was never born
            return
        if isinstance(error, WorkflowNotFound):
            if self._services.closing:
                return  # its receiver may be a child that is not begun any more: the next system's
            self._store.bury(message.id, str(error))
            message = replace(message, dead=str(error))
        elif receiver in self._stalled:
            return
        else:
            self._stalled.add(receiver)
            self._behind.discard(receiver)
            for waiting in self._in_turn.drop(receiver):
                self._forget(waiting)
            self._retry_later(receiver)
        with suppress(ActorDeadError):
            self._services.supervisor.tell(EventFailed(receiver, error, sent=message))

    def resend(self, id: int) -> bool:
        """Deliver a message that could not be delivered; tell whether there was such a one."""
        dead = self._store.messages(dead=True, after=id - 1, limit=1)
        if not dead or dead[0].id != id:
            return False
        message = self._store.revive(id, self._services.runtime.clock.now_us())
        if message is None:
            return False
        if message.kind in self._services.carriers:
            self._deliver(message)
        elif message.receiver not in self._stalled:
            self._behind.add(message.receiver)
            self._next.append(message.receiver)
        return True

    def redeliver(self, receiver: str) -> None:
        """Deliver again what a receiver has not taken, in its order."""
        waiting = self._waiting(receiver, EACH)
        if self._given[receiver]:
            self._retry_later(receiver)  # what is under way comes to its end first
            return
        self._stalled.discard(receiver)
        if len(waiting) == EACH:
            self._behind.add(receiver)
        for number, message in enumerate(waiting):
            self._deliver(message, anew=number == 0)

    def _waiting(self, receiver: str, limit: int) -> list[Message]:
        """Return the first of what waits for a receiver, and is not for somebody else to see to."""
        after, now = 0, self._services.runtime.clock.now_us()
        found: list[Message] = []
        while page := self._store.messages(receiver=receiver, by=now, after=after, limit=limit):
            found += (m for m in page if m.kind not in self._services.carriers)
            after = page[-1].id
            if len(page) < limit or len(found) >= limit:
                break
        return sorted(found[:limit], key=lambda message: (message.due, message.id))

    def _deliver(self, message: Message, *, anew: bool = False) -> None:
        carrier = self._services.carriers.get(message.kind)
        if carrier is not None:
            if message.id not in self._carried:
                self._carried[message.id] = carrier
                carrier.carry(message)
            return
        if message.id not in self._in_flight:
            if self._waits(message):
                return
            self._count(message)
        data = {} if message.data is None else decode_json(message.data)
        deliver = Deliver(message.event, data, message=message, anew=anew)
        try:
            self._services.activations.deliver(message.receiver, lambda ref: ref.tell(deliver))
        except SystemStopped:
            self._stopped = True
            self._forget(message.id)  # the next system delivers it
            return
        if message.kind is MessageKind.TIMER:
            self._in_turn.hand_out(message, self._services.runtime.clock.now_us())

    def _waits(self, message: Message) -> bool:
        """Tell whether what is due is to wait for a timer that was missed more than once."""
        waits = bool(message.due) and self._in_turn.waits(message)
        if waits:
            self._count(message)
        return waits

    def _count(self, message: Message) -> None:
        self._in_flight[message.id] = message.receiver
        self._given[message.receiver] += 1

    def _retry_later(self, receiver: str) -> None:
        pause = self._pauses.get(receiver, FIRST_RETRY)
        self._pauses[receiver] = min(2 * pause, LONGEST_RETRY)

        def retry() -> None:
            with suppress(ActorDeadError):  # stopped meanwhile; the next system delivers it
                self._services.persistence.tell(Redeliver(receiver))

        with suppress(RuntimeError):  # likewise: the clock has stopped
            self._services.runtime.clock.call_later(pause, retry)
