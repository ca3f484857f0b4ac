"""Death watch: whose end an actor wants to hear of, once each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

import pykka

from .envelope import Envelope
from .lifecycle import Terminated

if TYPE_CHECKING:
    from .future import PooledFuture
    from .mailbox import Mailbox
    from .ref import PooledRef

Ref = pykka.ActorRef[Any]
Watch = tuple["PooledFuture[None]", Callable[[Any], None]]


class Watching:
    """Whom one instance of an actor watches."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        # That it was told of an end is remembered, as None, while somebody has the ref.
        self._watches: WeakKeyDictionary[Ref, Watch | None] = WeakKeyDictionary()

    def begin(self, ref: Ref) -> None:
        """Have one `Terminated(ref)` put in the mailbox when that actor ends, or has ended."""
        watches = self._watches
        if ref in watches:
            return

        def tell(_: Any) -> None:
            watches[ref] = None
            try:
                self._mailbox.put(Envelope(Terminated(ref)))
            except pykka.ActorDeadError:
                pass  # Nobody watches any more.

        ended = cast("PooledRef[Any]", ref).actor_inbox.ended
        watches[ref] = (ended, tell)
        ended.add_done_callback(tell)

    def end(self, ref: Ref) -> None:
        """Watch that actor no more."""
        watch = self._watches.pop(ref, None)
        if watch is not None:
            ended, tell = watch
            ended.remove_done_callback(tell)

    def end_all(self) -> None:
        """Watch nobody any more."""
        for watched in self._watches.keyrefs():
            ref = watched()
            if ref is not None:
                self.end(ref)
