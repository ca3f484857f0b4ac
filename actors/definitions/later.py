"""What a document sends to the workflow itself for later, as an action of its class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .model import Later


def method_of(later: Later) -> Callable[[Any], None]:
    """Return the method that sets the timer, or cancels it."""

    def send(self: Any) -> None:
        self.send(later.event, delay=later.seconds * 1000, send_id=later.name or None)

    def cancel(self: Any) -> None:
        self.cancel_event(later.name)

    return cancel if later.event is None else send
