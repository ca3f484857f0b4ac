"""A declared blocking section: while it lasts another thread does this one's work."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import TYPE_CHECKING, Self

from .context import here
from .errors import BlockedLoopError

if TYPE_CHECKING:
    from .dispatchers import MailboxRunner


declared: set[int] = set()
"""The threads that are within such a section."""


class blocking:
    """Say that a handler is going to block, so that others need not wait for its thread.

    The pool gets another worker at once; undeclared, it takes some 10 ms until the block is
    noticed, and only work that waits is taken up. Sections may be nested. Outside of a pool's
    handler, as in a `PinnedActor` or a thread of the application, it does nothing. What blocks
    within an actor's messages still holds up the actor itself.

    Raises:
        BlockedLoopError: an async handler would block all others; use `asyncio.to_thread`.

    Example:
        ```py
        def on_receive(self, message):
            with blocking():
                return self.socket.recv(4096)
        ```
    """

    __slots__ = ("_dispatcher",)

    def __enter__(self) -> Self:
        if here.serves_loop:
            raise BlockedLoopError(
                "An async handler would block all others: do it in asyncio.to_thread instead."
            )
        self._dispatcher: MailboxRunner | None = None
        if not here.blocks:
            self._dispatcher = here.dispatcher
        if self._dispatcher is not None:
            here.note.leave_following()
            self._dispatcher.enter_blocking()
            here.blocks = True
            declared.add(threading.get_ident())
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._dispatcher is not None:
            here.blocks = False
            declared.discard(threading.get_ident())
            self._dispatcher.leave_blocking()
