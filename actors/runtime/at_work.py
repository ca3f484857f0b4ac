"""What the threads and async handlers of a runtime are doing at this moment.

Each thread notes for itself which mailbox it runs; nobody looks into another's frames for it.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .context import Handling, ThreadNote, handling, here, notes
from .stacks import thread_stacks

if TYPE_CHECKING:
    from .mailbox import Mailbox
    from .ref import PooledRef
    from .runtime import Runtime


@dataclass(frozen=True, slots=True)
class AtWork:
    """One thread, or one async handler, of a runtime.

    Attributes:
        thread: the thread's name.
        ref: the actor whose handler runs; `None`: the thread waits for something to do.
        actor: what that actor calls itself.
        message: the type of what it handles; `None` in `on_start` and the like.
        seconds: for how long. In a thread of the pool it is counted from when it was first seen,
            up to a quarter of a second late; in others from when the thread has taken the actor
            up, which may have handled other messages before this one.
        waits: whether it is an async handler that waits; all of these share one thread.
        stack: where it is, outermost first, in Python's usual words; empty unless asked for, and
            if it can't be found.
    """

    thread: str
    ref: PooledRef[Any] | None = None
    actor: str | None = None
    message: str | None = None
    seconds: float = 0.0
    waits: bool = False
    stack: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A mailbox that a thread runs just now.

    Attributes:
        ident: the thread's.
        mailbox: the mailbox; of several, one in the other's ask, the innermost.
        handled: what is handled, to tell it from others; `None` in a hook.
        message: its type.
        since: when the thread has taken the mailbox up, by `time.monotonic`; `None` in the pool,
            which does not look at the clock for each.
    """

    ident: int
    mailbox: Mailbox
    handled: object
    message: str | None
    since: float | None

    @property
    def is_leaving(self) -> bool:
        """Whether the thread has given an async handler to the loop, and is about to leave."""
        return self.mailbox.handling is not None

    @property
    def key(self) -> object:
        """What tells this from what the thread does before and after."""
        return self.mailbox if self.handled is None else self.handled


def runs() -> Iterator[Run]:
    """Yield each thread of the process that runs a mailbox, whatever thread it is."""
    for noted in notes.valuerefs():
        note = noted()
        run = None if note is None else _read(note)
        if run is not None:
            yield run


def _read(note: ThreadNote) -> Run | None:
    while (mailbox := note.mailbox) is not None:
        # An actor that has ended leaves its mailbox, a moment before the thread does.
        actor = getattr(mailbox, "actor", None)
        batch = None if actor is None else actor._batch_at_hand
        handled = batch[0] if batch else mailbox.current
        since = note.since
        # Its thread may have gone on to another meanwhile, and another thread have taken it up.
        if note.mailbox is mailbox:
            message = None if handled is None else type(handled.message).__name__
            if batch and len(batch) > 1:
                message = f"{len(batch)} x {message}"
            return Run(note.ident, mailbox, handled, message, since)
    return None


def current_mailbox(thread: threading.Thread | None = None) -> Mailbox | None:
    """Return the mailbox whose handler runs in a thread, by default here."""
    if thread is None or thread is threading.current_thread():
        if here.mailbox is not None:
            return here.mailbox
        part_of = handling()
        return None if part_of is None else part_of.mailbox
    note = None if thread.ident is None else notes.get(thread.ident)
    return None if note is None else note.mailbox


def own_name(thread: threading.Thread) -> str:
    """Return a thread's name, without that of the actor that it runs."""
    given: str | None = getattr(thread, "own_name", None)
    return thread.name if given is None else given


def at_work(runtime: Runtime, *, stacks: bool = False) -> list[AtWork]:
    """Return what each thread and async handler of `runtime` is doing.

    The threads come first: those of the application too, while they run one of its actors.

    Args:
        runtime: the runtime.
        stacks: whether to take down where each of them is.
    """
    now = time.monotonic()
    where = thread_stacks() if stacks else {}
    names = {thread.ident: own_name(thread) for thread in threading.enumerate()}
    found: list[AtWork] = []
    busy: set[int | None] = set()
    for run in runs():
        if run.mailbox.runtime is runtime and not run.is_leaving:
            busy.add(run.ident)
            found.append(
                AtWork(
                    thread=names.get(run.ident, f"thread {run.ident}"),
                    ref=run.mailbox.ref,
                    actor=run.mailbox.name,
                    message=run.message,
                    seconds=max(0.0, now - runtime.lookout.since(run, now)),
                    stack=where.get(run.ident, ()),
                )
            )
    for thread in getattr(runtime.dispatcher, "live_threads", ()):
        if thread.ident not in busy and thread.ident in names:
            found.append(AtWork(names[thread.ident]))
    found.sort(key=lambda one: one.thread)
    found += [_async_at_work(one, runtime, now, stacks) for one in runtime.loop.under_way]
    return found


def _async_at_work(one: Handling, runtime: Runtime, now: float, stacks: bool) -> AtWork:
    message = None if one.envelope is None else type(one.envelope.message).__name__
    return AtWork(
        thread=runtime.loop.name,
        ref=one.mailbox.ref,
        actor=one.mailbox.name,
        message=message,
        seconds=max(0.0, now - one.began),
        waits=True,
        stack=tuple(_stack_of(one)) if stacks else (),
    )


def _stack_of(one: Handling) -> Iterator[str]:
    """Yield where a task waits: its coroutine, and those that it awaits in turn."""
    awaited: Any = None if one.task is None else one.task.get_coro()
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None)
        if frame is not None:
            yield from traceback.format_list(traceback.extract_stack(frame, limit=1))
        awaited = getattr(awaited, "cr_await", None)
