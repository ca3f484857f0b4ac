"""A subscription that outlives the process: it has a cursor in the store and misses nothing."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from inspect import isawaitable
from typing import Any

import msgspec
from pykka import ActorDeadError

from .answer import ask
from .messages import Write
from .notifications import Committed, Interest, Look
from .past import Past
from .runtime import PooledActor, PooledFuture
from .services import Services
from .waiting import error_of

logger = logging.getLogger("repertory.subscriptions")

PAGE = 64
"""Entries that are read at once; those of interest are in memory together."""

KEEP_EVERY = 256
"""Steps that are told before the cursor is written, while there are more to tell."""

PASS_OVER = 1000
"""Entries of no interest that are passed over before the cursor is written for them alone."""

FIRST_RETRY, LAST_RETRY = 0.1, 60.0
"""Seconds until a callback that failed is called again, the first time and at the most."""


class SubscriptionFailed(msgspec.Struct, frozen=True):
    """Published on the event stream: a durable subscription can't go on, and will try again.

    Attributes:
        name: the subscription's name.
        entry: id of the last entry that was handled.
        error: what its callback raised, or why the store can't be read.
        attempts: how often it was tried in vain.
        retry_in: seconds until it is tried again.
    """

    name: str
    entry: int
    error: Exception
    attempts: int
    retry_in: float


class SubscriptionGap(msgspec.Struct, frozen=True):
    """Published on the event stream: entries are gone that a durable subscription had not seen.

    Retention has trimmed them, or their workflows were removed. Some may have been of no interest.

    Attributes:
        name: the subscription's name.
        first: id of the first entry that is gone.
        last: id of the last one.
    """

    name: str
    first: int
    last: int


class _Next(msgspec.Struct, frozen=True):
    """To itself: go on. There is one of it at a time."""


class _Kept(msgspec.Struct, frozen=True):
    """To itself: the cursor was written, or could not be."""

    entry: int
    error: Exception | None


class Finish(msgspec.Struct, frozen=True):
    """To a durable subscriber: tell no more, and write the cursor. Answered when it is written."""


class DurableSubscriber(PooledActor):
    """Tells one subscriber of the store's entries, in the order of their ids.

    Whether it catches up or is up to date, it reads the entries from the store: commits only wake
    it. The cursor is written when there is nothing more to tell, and every so often before.
    """

    stop_on_failure = False

    def __init__(
        self,
        services: Services,
        name: str,
        cursor: int,
        interest: Interest,
        callback: Callable[[Committed], Any],
    ) -> None:
        super().__init__()
        self._services = services
        self._name = name
        self._interest = interest
        self._callback = callback
        self._past = Past(services)
        self._waiting: deque[Committed] = deque()
        self._read_to = self._handled = self._kept = cursor
        self._told = 0  # since the cursor was written
        self._attempts = 0
        self._going = False  # a _Next is on its way, a callback running or a retry due
        self._keeping = False
        self._finished = False

    def on_receive(self, message: Any) -> Any:
        match message:
            case Look():
                if not self._going and not self._finished:
                    return self._go_on()
            case _Next():
                self._going = False
                if not self._finished:
                    return self._go_on()
            case _Kept():
                self._keeping = False
                if message.error is None:
                    self._kept = message.entry
            case Finish():
                self._finished = True
                reply = self.take_reply()
                self._write_cursor(reply)
        return None

    # --- telling ---

    def _go_on(self) -> Any:
        try:
            if not self._waiting and not self._read():
                if self._told or self._handled - self._kept >= PASS_OVER:
                    self._write_cursor()
                return None
            if self._waiting:
                told = self._callback(self._waiting[0])
                if isawaitable(told):
                    self._going = True
                    return self._await(told)
                self._done()
        except Exception as error:
            self._failed(error)
            return None
        self._again()
        return None

    async def _await(self, told: Any) -> None:
        try:
            await told
        except Exception as error:
            self._failed(error)
        else:
            self._done()
            self._again()

    def _again(self) -> None:
        self._going = True
        with suppress(ActorDeadError):  # stopped meanwhile
            self.actor_ref.tell(_Next())

    def _done(self) -> None:
        committed = self._waiting.popleft()
        self._handled = committed.entry.id if self._waiting else self._read_to
        self._attempts = 0
        self._told += 1
        if self._told >= KEEP_EVERY:
            self._write_cursor()

    def _failed(self, error: Exception) -> None:
        self._attempts += 1
        wait = min(FIRST_RETRY * 2 ** min(self._attempts - 1, 20), LAST_RETRY)
        failed = SubscriptionFailed(self._name, self._handled, error, self._attempts, wait)
        logger.warning(
            "Subscription %r failed after entry %d, attempt %d; again in %g s: %s",
            *(self._name, self._handled, self._attempts, wait, error),
        )
        self._going = True
        self.schedule_once(wait, _Next())
        self._services.runtime.events.publish(failed)

    # --- reading ---

    def _read(self) -> bool:
        """Read a page of entries, and tell whether there was one."""
        store = self._services.store
        gaps: list[SubscriptionGap] = []
        found: list[Committed] = []
        expected = self._read_to + 1
        with store.reading():
            for record, entry in store.committed(after=self._read_to, first=PAGE):
                if entry.id > expected:
                    gaps.append(SubscriptionGap(self._name, expected, entry.id - 1))
                expected = entry.id + 1
                if self._interest.covers(record, entry):
                    found.append(self._past.committed(record, entry))
        if expected == self._read_to + 1:
            return False
        self._read_to = expected - 1
        self._waiting.extend(found)
        if not found:
            self._handled = self._read_to
        for gap in gaps:
            logger.warning(
                "Entries %d to %d were gone before subscription %r saw them.",
                *(gap.first, gap.last, self._name),
            )
            self._services.runtime.events.publish(gap)
        return True

    # --- the cursor ---

    def _write_cursor(self, reply: PooledFuture[Any] | None = None) -> None:
        if reply is None and self._keeping:
            return
        store, name, entry = self._services.store, self._name, self._handled
        self._keeping = True
        self._told = 0

        def then(written: PooledFuture[Any]) -> None:
            error = error_of(written)
            if error is not None:  # what was told since will be told again
                logger.warning("The cursor of subscription %r was not written: %s", name, error)
            with suppress(ActorDeadError):  # stopped meanwhile
                self.actor_ref.tell(_Kept(entry, error))
            if reply is not None:
                reply.set(None)

        write = Write(lambda: store.move_cursor(name, entry))
        ask(self._services.persistence, write).add_done_callback(then)
