"""The event stream: who wants to know hears what happens in a runtime."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from .interrupts import is_for_the_caller, put_aside

logger = logging.getLogger(__name__)

Callback = Callable[[Any], object]


class Subscription:
    """One subscriber's place in the stream, until `cancel` is called."""

    __slots__ = ("_stream", "callback", "types")

    def __init__(self, stream: EventStream, callback: Callback, types: tuple[type, ...]) -> None:
        self._stream = stream
        self.callback = callback
        self.types = types

    def cancel(self) -> None:
        """Stop hearing events; to call it twice does no harm."""
        self._stream._remove(self)

    __call__ = cancel


class EventStream:
    """Publish and subscribe by the type of the event.

    Events are published in the thread where they happen, so subscribers must be short.

    Example:
        ```py
        subscription = runtime.events.subscribe(print, ActorFailed)
        subscription.cancel()
        ```
    """

    def __init__(self) -> None:
        # Replaced as a whole, never changed in place: publishers read it without a lock.
        self._subscriptions: tuple[Subscription, ...] = ()
        self._changing = threading.RLock()

    def __bool__(self) -> bool:
        """Whether anybody listens: lets a publisher skip making the event."""
        return bool(self._subscriptions)

    def subscribe(self, callback: Callback, *types: type) -> Subscription:
        """Call `callback(event)` for each event of one of `types`, or for every event."""
        subscription = Subscription(self, callback, types or (object,))
        with self._changing:
            self._subscriptions = (*self._subscriptions, subscription)
        return subscription

    def _remove(self, subscription: Subscription) -> None:
        with self._changing:
            self._subscriptions = tuple(s for s in self._subscriptions if s is not subscription)

    def publish(self, event: object) -> None:
        """Tell the subscribers; what one of them raises is logged and goes no further."""
        for subscription in self._subscriptions:
            if isinstance(event, subscription.types):
                try:
                    subscription.callback(event)
                except BaseException as error:
                    # What happens to actors must go on whatever a subscriber does.
                    if not put_aside(error) and is_for_the_caller(error):
                        raise
                    logger.exception("A subscriber failed on %r: %r", event, subscription.callback)
