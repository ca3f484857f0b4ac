"""What the current thread is doing: whose mailbox it runs, and for which pool."""

from __future__ import annotations

import asyncio
import threading
from contextvars import ContextVar
from time import monotonic
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from .dispatchers import MailboxRunner
    from .envelope import Envelope
    from .future import PooledFuture
    from .mailbox import Mailbox


class ThreadNote:
    """What a thread runs now, written down by itself alone; others read some of it.

    Attributes:
        ident: the thread's.
        mailbox: the mailbox; of several, one in the other's ask, the innermost.
        since: when the thread has taken it up, by `time.monotonic`; `None` in the pool,
            which does not look at the clock for each.
        depth: how many mailboxes this thread runs inline, one inside the other's `ask`.
        until: the future that it waits for while it runs a mailbox inline.
        following: the mailbox, with its turn, that it runs next for that future.
        handed: how many turns of mailboxes this thread has begun with, given to a dispatcher or
            given up: after a Ctrl-C it tells whether one that it had is in good hands.
        interrupt: a Ctrl-C that broke off a handler which it ran while waiting.
    """

    __slots__ = (
        "__weakref__",
        "depth",
        "following",
        "handed",
        "ident",
        "interrupt",
        "mailbox",
        "since",
        "until",
    )

    def __init__(self) -> None:
        self.ident = threading.get_ident()
        self.mailbox: Mailbox | None = None
        self.since: float | None = None
        self.depth = 0
        self.until: PooledFuture[Any] | None = None
        self.following: Mailbox | None = None
        self.handed = 0
        self.interrupt: BaseException | None = None

    def leave_following(self) -> None:
        """Let the pool run the mailbox that this thread was to run next, if there is one."""
        following, handed = self.following, self.handed
        if following is not None:
            try:
                following.dispatcher.schedule(following)
            finally:
                if self.handed != handed:
                    self.following = None


notes: WeakValueDictionary[int, ThreadNote] = WeakValueDictionary()
"""By thread, the note of each that has had to do with actors; it goes with the thread."""

MAX_INLINE_DEPTH = 16
"""How many actors one thread may run inside each other's asks: each takes stack."""


def _note_of_nobody() -> ThreadNote:
    note = ThreadNote()
    note.depth = MAX_INLINE_DEPTH
    return note


class ThreadContext(threading.local):
    """Per-thread state; the class attributes are what a foreign thread sees."""

    dispatcher: MailboxRunner | None = None
    """What this thread runs mailboxes for, `None` for a thread of the application."""
    serves_loop: bool = False
    """Whether this thread runs the event loop of a runtime's async handlers."""
    blocks: bool = False
    """Whether its pool has been told that this thread is blocked."""
    note: ThreadNote = _note_of_nobody()
    """What it runs. While a thread's own is being made, the garbage collector may have a message
    sent, or something logged, that looks here: it finds one that lets it run nothing."""

    def __init__(self) -> None:
        # Called anew in each thread that comes here.
        note = ThreadNote()
        self.note = notes[note.ident] = note

    @property
    def mailbox(self) -> Mailbox | None:
        """The mailbox that this thread is running now."""
        return self.note.mailbox


here = ThreadContext()


class Handling:
    """An async handler that is under way, and what it waits for.

    Tasks and threads that it starts know it too, by their context: until it has ended they
    count as part of it, so what they wait for it waits for.

    Attributes:
        mailbox: the mailbox of its actor.
        envelope: what is handled; `None` in `on_start` and `on_stop`.
        waits_for: the futures that it, or a task of it, awaits.
        task: the task that runs it.
        over: whether it has ended.
        began: when, by `time.monotonic`.
    """

    __slots__ = ("began", "envelope", "mailbox", "over", "task", "waits_for")

    def __init__(self, mailbox: Mailbox, envelope: Envelope[Any] | None) -> None:
        self.mailbox = mailbox
        self.envelope = envelope
        # Added to and taken from in one operation each: others read it meanwhile.
        self.waits_for: list[PooledFuture[Any]] = []
        self.task: asyncio.Task[None] | None = None
        self.over = False
        self.began = 0.0

    def begin(self) -> None:
        """Be what the actor is at, for this context and all that follow from it."""
        self.began = monotonic()
        self.mailbox.handling = self
        _handling.set(self)

    def end(self) -> None:
        """Be over; what it has started and left behind is on its own."""
        self.over = True
        self.mailbox.handling = None


_handling: ContextVar[Handling | None] = ContextVar("repertory_handling", default=None)


def handling() -> Handling | None:
    """Return the async handler that this task or thread is part of, if there is one."""
    found = _handling.get()
    return None if found is None or found.over else found


def handling_of(task: asyncio.Task[Any]) -> Handling | None:
    """Return the async handler that a task is part of, if there is one."""
    # Python 3.11 has it only where `task_with_context` has made the task.
    context = getattr(task, "get_context", None)
    found: Handling | None = None if context is None else context().get(_handling)
    return None if found is None or found.over else found
