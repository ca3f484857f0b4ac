"""A message on its way, with the future of its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec
import pykka

if TYPE_CHECKING:
    # It stands in for Pykka's, whose protocol of an inbox names that class.
    from pykka._envelope import Envelope as Envelope
else:
    T = TypeVar("T")

    class Envelope(msgspec.Struct, Generic[T], eq=False):
        """Carries a message; does what Pykka's envelope does at a third of the cost.

        No two are equal, since a mailbox that takes one back must not take another's.

        Args:
            message: what to handle.
            reply_to: what waits for the answer, `None` if nobody does.
        """

        message: T
        reply_to: pykka.Future[Any] | None = None
