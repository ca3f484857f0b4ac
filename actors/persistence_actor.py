"""The persistence actor: the only writer, and the place where steps become durable."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from queue import Full
from time import perf_counter
from typing import Any

from ..persistence.errors import StoreError, StoreFenced
from ..persistence.records import Retention, Step
from .messages import (
    Bury,
    Commit,
    DeliverAll,
    Discard,
    Dropped,
    LookDue,
    Postpone,
    Redeliver,
    Resend,
    Revive,
    StoreFailed,
    Trim,
    Undelivered,
    Wake,
    Write,
)
from .notifications import Committed
from .outbox import Outbox
from .runtime import PooledActor
from .runtime.context import here
from .services import Services

logger = logging.getLogger("repertory.persistence")

TRIM_AT_ONCE = 50
"""Workflows that are trimmed in one transaction, so that steps do not wait long for it."""


class PersistenceActor(PooledActor):
    """Writes what is waiting, from all workflows, in one transaction; then answers.

    Batches form by themselves: while one is written, the next one gathers. A single sender never
    waits for others.
    """

    stop_on_failure = False
    batch_limit = 1000

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services
        self._store = services.store
        self._notifications = services.notifications
        self._statistics = services.statistics
        self._clock = services.runtime.clock
        self._outbox = Outbox(services)

    def on_batch(self, envelopes: Sequence[Any]) -> None:
        commits: list[Commit] = []
        try:
            for envelope in envelopes:
                message = envelope.message
                if type(message) is Commit:
                    commits.append(message)
                    continue
                self._commit(commits)
                commits = []
                self._perform(message, envelope.reply_to)
            self._commit(commits)
            self._outbox.catch_up()
            if self._notifications.durable:
                self._notifications.wake()
        except BaseException as error:
            self._broken_off(envelopes, error)
            if here.note.depth and isinstance(error, KeyboardInterrupt):
                raise

    def _broken_off(self, envelopes: Sequence[Any], error: BaseException) -> None:
        # Ctrl-C, mostly, in a thread that ran this while it waited. Nobody else may suffer.
        logger.exception("Writing was broken off.")
        broken_off = StoreError(
            f"Writing was broken off by {type(error).__name__}; it may have been done or not: "
            f"look at the workflow, or repeat what has a key."
        )
        broken_off.__cause__ = error
        for envelope in envelopes:
            if type(envelope.message) is Commit:
                envelope.message.conclude(broken_off)
            elif envelope.reply_to is not None:
                with suppress(Full):
                    envelope.reply_to.set_error(broken_off)

    def _commit(self, commits: list[Commit]) -> None:
        if not commits:
            return
        steps: list[Step] = []
        for commit in commits:
            if commit.step is not None:
                steps.append(commit.step)
        refused: Sequence[Exception | None] = ()
        failure: Exception | None = None
        if steps and (failure := self._services.lost) is None:
            started = perf_counter()
            try:
                refused = self._store.commit(steps)
            except StoreError as error:
                failure = error
                self._failed(error)
            except Exception as error:
                # A defect of ours; nobody may wait for ever, or believe it was written.
                logger.exception("Writing %d steps failed unexpectedly.", len(steps))
                failure = StoreError(f"Writing failed: {type(error).__name__}: {error}")
                failure.__cause__ = error
            lost = len(steps) if failure else len(steps) - refused.count(None)
            self._statistics.committed(len(steps), lost, perf_counter() - started)
        results = iter(refused)
        subscribers = self._notifications.live
        for commit in commits:
            if commit.step is None:
                commit.conclude(None)
                continue
            commit.conclude(failure or next(results))
            if commit.error is not None:
                if commit.received is not None:
                    self._outbox.failed(commit.received, commit.error)
                continue
            step = commit.step
            eventful = step.sends or step.cancels or step.receives is not None
            if eventful or step.record.finished:
                self._outbox.committed(step)
            # Looked at only now: whoever came before this was concluded has seen less.
            if subscribers and commit.position is not None:
                self._notifications.publish(Committed(commit.position, step.entry))

    def _perform(self, message: Any, reply: Any) -> None:
        try:
            answer: Any = None
            match message:
                case Write():
                    answer = message.action()
                case Undelivered():
                    self._outbox.failed(message.message, message.error)
                case Dropped():
                    self._outbox.dropped(message.message)
                case Discard():
                    self._outbox.discard(message.message)
                case Postpone():
                    self._outbox.postpone(message.rows)
                case Bury():
                    self._outbox.bury(message.message, message.why)
                case Revive():
                    answer = self._outbox.revive(message.message)
                case LookDue():
                    self._outbox.look_due()
                case Redeliver():
                    self._outbox.redeliver(message.receiver)
                case Resend():
                    answer = self._outbox.resend(message.message)
                case DeliverAll():
                    self._outbox.deliver_all()
                case Wake():
                    answer = self._outbox.under_way
                case Trim():
                    answer = self._trim(message.retention)
                case _:
                    raise TypeError(f"Can't write a {type(message).__name__}.")
        except Exception as error:
            if isinstance(error, StoreFenced) and self._services.lost is None:
                self._failed(error)
            if reply is None:
                logger.error("%s failed: %s", type(message).__name__, error)
            else:
                reply.set_error(error)
        else:
            if reply is not None:
                reply.set(answer)

    def _failed(self, error: StoreError) -> None:
        """Tell that the store can't be written; stop for it, if that is what is wanted."""
        stops = isinstance(error, self._services.stops_on)
        if stops:
            self._services.lost = error
        if self._services.runtime.events:
            self._services.runtime.events.publish(StoreFailed(error, stops))
        if stops:
            logger.error("The system stops, since its store can't be written: %s", error)
            self._services.stop(error)

    def _trim(self, retention: Retention) -> int:
        trimmed = self._store.trim(retention, self._clock.now_us(), limit=TRIM_AT_ONCE)
        if trimmed == TRIM_AT_ONCE:
            self.actor_ref.tell(Trim(retention))  # the rest after what is waiting now
        return trimmed
