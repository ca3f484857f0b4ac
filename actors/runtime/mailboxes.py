"""Mailboxes with a bound, and with an order other than that of arrival."""

from __future__ import annotations

import heapq
import itertools
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import Any

from pykka import messages

from .envelope import Envelope
from .errors import MailboxFullError
from .future import PooledFuture, answer
from .lifecycle import ReceiveTimeout, Terminated
from .mailbox import Mailbox
from .system_messages import SystemWork

_EXEMPT = (messages._ActorStop, SystemWork, Terminated, ReceiveTimeout)


class WhenFull(Enum):
    """What a full mailbox does with one more message."""

    WAIT = "wait"
    """The sender waits; a sender that would wait for itself gets an `AskRingError`."""
    REFUSE = "refuse"
    """The sender gets a `MailboxFullError`."""
    DROP_OLDEST = "drop_oldest"
    """The message that waited longest becomes a dead letter."""
    DROP_NEWEST = "drop_newest"
    """The new message becomes a dead letter."""


class _Queue(deque[Envelope[Any]]):
    """A deque that lets a waiting sender go on for each envelope taken out."""

    def __init__(self) -> None:
        super().__init__()
        self.senders: deque[PooledFuture[None]] = deque()

    def popleft(self) -> Envelope[Any]:
        envelope = super().popleft()
        if self.senders:
            self.let_in()
        return envelope

    def let_in(self) -> None:
        try:
            sender = self.senders.popleft()
        except IndexError:
            return
        answer(sender, None)


class BoundedMailbox(Mailbox):
    """A mailbox that holds no more than so many messages.

    Stops and what the runtime sends (`Terminated`, `ReceiveTimeout`) are let in all
    the same. Stashed messages count.

    Args:
        capacity: the most messages that may wait.
        when_full: what to do with one more.

    Example:
        ```py
        class Slow(PooledActor):
            mailbox_type = partial(BoundedMailbox, 100, WhenFull.REFUSE)
        ```
    """

    __slots__ = ("_admission", "_when_full", "capacity")

    queue: _Queue

    def __init__(self, capacity: int, when_full: WhenFull = WhenFull.WAIT) -> None:
        if capacity < 1:
            raise ValueError(f"A mailbox must hold at least one message, not {capacity}.")
        super().__init__()
        self.queue = _Queue()
        self.capacity = capacity
        self._when_full = when_full
        self._admission = threading.RLock()

    def put(self, envelope: Envelope[Any]) -> None:
        """Enqueue `envelope`, or do what the policy says if the mailbox is full.

        Raises:
            MailboxFullError: it is full, and refuses.
            pykka.ActorDeadError: the mailbox is closed; nothing was enqueued.
        """
        while (room := self.offer(envelope)) is not None:
            self._wait_for(room, None)

    def put_within(self, envelope: Envelope[Any], seconds: float) -> float:
        """Like `put`, but wait for room no longer than so many seconds; return those left.

        Raises:
            pykka.Timeout: there was no room in time; nothing was enqueued.
        """
        deadline = time.monotonic() + seconds
        while (room := self.offer(envelope)) is not None:
            self._wait_for(room, max(0.0, deadline - time.monotonic()))
        return max(0.0, deadline - time.monotonic())

    def offer(self, envelope: Envelope[Any]) -> PooledFuture[None] | None:
        """Like `put`, but where that waits return what it waits for; then offer it again."""
        admitted, room = self._admit(envelope)
        if room is not None:
            if len(self.queue) + self.stashed < self.capacity or self.closed:
                self.queue.let_in()
            return room
        if admitted:
            self._settle(envelope)
            if self._turn:
                self.see_to_it()
        return None

    def _wait_for(self, room: PooledFuture[None], timeout: float | None) -> None:
        try:
            room.get(timeout=timeout)
        except BaseException:
            self.withdraw(room)
            raise

    def withdraw(self, room: PooledFuture[None]) -> None:
        """Wait no more for what `offer` returned; if it was its turn, let somebody else in."""
        try:
            self.queue.senders.remove(room)
        except ValueError:
            self.queue.let_in()

    def put_and_run(self, envelope: Envelope[Any], until: PooledFuture[Any]) -> None:
        """Like `put`; whoever waits for the answer runs the actor later, if it is idle."""
        self.put(envelope)

    def hand_on(self, envelope: Envelope[Any], future: PooledFuture[Any] | None) -> None:
        """Like `put`."""
        self.put(envelope)

    def _admit(self, envelope: Envelope[Any]) -> tuple[bool, PooledFuture[None] | None]:
        """Append `envelope` if it may come in; say whether it did, or what to wait for."""
        exempt = isinstance(envelope.message, _EXEMPT)
        dropped = None
        with self._admission:
            if exempt or self.closed or len(self.queue) + self.stashed < self.capacity:
                self.queue.append(envelope)
                return True, None
            if self._when_full is WhenFull.REFUSE:
                raise MailboxFullError(self.name, self.capacity)
            if self._when_full is WhenFull.WAIT:
                room = PooledFuture[None]()
                room.worker = self
                self.queue.senders.append(room)
                return False, room
            if self._when_full is WhenFull.DROP_OLDEST:
                dropped = self._oldest()
            if dropped is not None:
                self.queue.append(envelope)
        self.runtime.dead_letters.add(
            dropped or envelope, self.ref, "dropped the message: its mailbox was full"
        )
        return dropped is not None, None

    def _oldest(self) -> Envelope[Any] | None:
        """Take out the message that waited longest; none if only stops and stashed ones do."""
        for envelope in list(self.queue):
            if not isinstance(envelope.message, _EXEMPT):
                try:
                    self.queue.remove(envelope)
                except ValueError:
                    continue  # It is being handled by now.
                return envelope
        return None

    def drain(self) -> Iterable[Envelope[Any]]:
        """Take out what is left, and let the waiting senders find out."""
        yield from super().drain()
        with self._admission:
            senders = list(self.queue.senders)
            self.queue.senders.clear()
        for sender in senders:
            answer(sender, None)


class _PriorityQueue:
    """The part of a deque's face that a mailbox needs, over a heap."""

    def __init__(self, priority: Callable[[Any], float]) -> None:
        self._priority = priority
        self._heap: list[tuple[int, int, float, int, Envelope[Any]]] = []
        self._stops = 0
        self._orders = itertools.count()
        self._first = itertools.count(-1, -1)
        self._lock = threading.RLock()

    def append(self, envelope: Envelope[Any]) -> None:
        message = envelope.message
        # A stop lets everything before it be handled, and nothing after it, as anywhere. What
        # the runtime sends comes first: who gives the numbers need not know of it.
        stops = isinstance(message, messages._ActorStop)
        rank = -math.inf if isinstance(message, _EXEMPT) else self._priority(message)
        with self._lock:
            place = (self._stops, int(stops), rank, next(self._orders))
            heapq.heappush(self._heap, (*place, envelope))
            self._stops += stops

    def appendleft(self, envelope: Envelope[Any]) -> None:
        with self._lock:
            heapq.heappush(self._heap, (-1, 0, 0.0, next(self._first), envelope))

    def extendleft(self, envelopes: Iterator[Envelope[Any]]) -> None:
        for envelope in envelopes:
            self.appendleft(envelope)

    def popleft(self) -> Envelope[Any]:
        with self._lock:
            return heapq.heappop(self._heap)[-1]

    def remove(self, envelope: Envelope[Any]) -> None:
        with self._lock:
            for place, entry in enumerate(self._heap):
                if entry[-1] is envelope:
                    del self._heap[place]
                    heapq.heapify(self._heap)
                    return
        raise ValueError("The envelope is not in the queue.")

    def __len__(self) -> int:
        return len(self._heap)


class PriorityMailbox(Mailbox):
    """A mailbox that gives the message with the lowest number first.

    Messages with the same number keep the order in which they came.

    Args:
        priority: gives a message's number. What it raises, the sender gets. `Terminated` and
            `ReceiveTimeout` come first; it is not called for them.

    Example:
        ```py
        class Triage(PooledActor):
            mailbox_type = partial(PriorityMailbox, lambda message: message.urgency)
        ```
    """

    __slots__ = ()

    def __init__(self, priority: Callable[[Any], float]) -> None:
        super().__init__()
        # It has what the runtime uses of a deque.
        self.queue = _PriorityQueue(priority)  # type: ignore[assignment]
