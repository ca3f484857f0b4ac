"""Where messages go that nobody will handle."""

from __future__ import annotations

import itertools
import logging
import queue
from collections import deque
from typing import TYPE_CHECKING, Any

import pykka

from .interrupts import put_aside
from .lifecycle import DeadLetter

if TYPE_CHECKING:
    from .envelope import Envelope
    from .events import EventStream

logger = logging.getLogger(__name__)


class DeadLetters:
    """Counts dead letters, keeps the latest, and publishes each on the event stream.

    Args:
        events: the stream to publish on.
        keep: how many of the latest to remember.
    """

    def __init__(self, events: EventStream, keep: int = 1000) -> None:
        self._events = events
        self._recent: deque[DeadLetter] = deque(maxlen=keep)
        self._counter = itertools.count(1)
        self._total = 0

    @property
    def total(self) -> int:
        """How many there were since the runtime began."""
        return self._total

    @property
    def recent(self) -> list[DeadLetter]:
        """The latest ones, oldest first."""
        return list(self._recent)

    def add(self, envelope: Envelope[Any], recipient: pykka.ActorRef[Any], reason: str) -> None:
        """Take in an undelivered message: its asker, itself and the stream are told."""
        error = pykka.ActorDeadError(f"{recipient} {reason}")
        message = envelope.message
        if envelope.reply_to is not None:
            try:
                envelope.reply_to.set_exception((pykka.ActorDeadError, error, None))
            except queue.Full:
                pass  # Somebody answered in the actor's place.
        refused = getattr(message, "refused", None)
        if callable(refused):
            try:
                refused(error)
            except BaseException as failure:
                # The others behind it still have to be told.
                put_aside(failure)
                logger.exception("The refused() of a dead letter failed: %r", message)
        letter = DeadLetter(message, recipient, reason)
        self._total = next(self._counter)
        self._recent.append(letter)
        # What nobody handles of the news of dead letters is counted, and no news itself.
        if self._events and not isinstance(message, DeadLetter):
            self._events.publish(letter)
