"""What the current thread is doing: whose mailbox it runs, and for which pool."""

from __future__ import annotations

import asyncio
import threading
import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .dispatchers import MailboxRunner
    from .future import PooledFuture
    from .mailbox import Mailbox


class ThreadContext(threading.local):
    """Per-thread state; the class attributes are what a foreign thread sees."""

    mailbox: Mailbox | None = None
    """The mailbox that this thread is running now."""
    dispatcher: MailboxRunner | None = None
    """What this thread runs mailboxes for, `None` for a thread of the application."""
    serves_loop: bool = False
    """Whether this thread runs the event loop of a runtime's async handlers."""
    interrupt: BaseException | None = None
    """A Ctrl-C that broke off a handler which this thread ran while waiting."""
    depth: int = 0
    """How many mailboxes this thread runs inline, one inside the other's `ask`."""
    until: PooledFuture[Any] | None = None
    """The future that this thread waits for while it runs a mailbox inline."""
    following: Mailbox | None = None
    """The mailbox, with its turn, that this thread runs next for that future."""

    def leave_following(self) -> None:
        """Let the pool run the mailbox that this thread was to run next, if there is one."""
        following = self.following
        if following is not None:
            self.following = None
            following.dispatcher.schedule(following)


here = ThreadContext()

tasks: weakref.WeakKeyDictionary[asyncio.Task[Any], Mailbox] = weakref.WeakKeyDictionary()
"""Which mailbox each async handler that is under way belongs to."""
