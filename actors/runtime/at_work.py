"""What the threads and async handlers of a runtime are doing at this moment.

Nothing is noted for it while messages are handled: what is needed is in the frames of the
threads, in the local variables of `execution`, whose names are read here.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

from . import execution
from .context import Handling, handling, here

if TYPE_CHECKING:
    from .mailbox import Mailbox
    from .ref import PooledRef
    from .runtime import Runtime

_RUN: CodeType = execution.run.__code__
_BATCH: CodeType = execution._handle_batch.__code__


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
        stack: where it is, outermost first, in Python's usual words; empty unless asked for.
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
        frame: where the thread is.
    """

    ident: int
    mailbox: Mailbox
    handled: object
    message: str | None
    since: float | None
    frame: FrameType

    @property
    def key(self) -> object:
        """What tells this from what the thread does before and after."""
        return self.mailbox if self.handled is None else self.handled


def runs() -> Iterator[Run]:
    """Yield each thread of the process that runs a mailbox, whatever thread it is."""
    for ident, top in sys._current_frames().items():
        run = _find(ident, top)
        if run is not None:
            yield run


def _find(ident: int, top: FrameType) -> Run | None:
    frame: FrameType | None = top
    batch: list[Any] | None = None
    while frame is not None:
        if frame.f_code is _BATCH:
            batch = frame.f_locals.get("batch")
        elif frame.f_code is _RUN:
            return _run(ident, top, frame, batch)
        frame = frame.f_back
    return None


def _run(ident: int, top: FrameType, frame: FrameType, batch: list[Any] | None) -> Run:
    mailbox: Mailbox = frame.f_locals["mailbox"]
    since = _since(frame)
    handled = batch[0] if batch else mailbox.current
    message = None if handled is None else type(handled.message).__name__
    if batch and len(batch) > 1:
        message = f"{len(batch)} x {message}"
    return Run(ident, mailbox, handled, message, since, top)


def _since(frame: FrameType) -> float | None:
    """Return when one of the callers of `run` has said that it began, if one has."""
    caller = frame.f_back
    for _ in range(2):
        if caller is None:
            break
        if "_since" in caller.f_code.co_varnames:
            return caller.f_locals.get("_since")
        caller = caller.f_back
    return None


def current_mailbox(thread: threading.Thread | None = None) -> Mailbox | None:
    """Return the mailbox whose handler runs in a thread, by default here."""
    if thread is None or thread is threading.current_thread():
        if here.mailbox is not None:
            return here.mailbox
        part_of = handling()
        return None if part_of is None else part_of.mailbox
    ident = thread.ident
    top = None if ident is None else sys._current_frames().get(ident)
    run = None if ident is None or top is None else _find(ident, top)
    return None if run is None else run.mailbox


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
    names = {thread.ident: own_name(thread) for thread in threading.enumerate()}
    found: list[AtWork] = []
    busy: set[int | None] = set()
    for run in runs():
        # A thread that has given an async handler to the loop is about to leave the actor.
        if run.mailbox.runtime is runtime and run.mailbox.handling is None:
            busy.add(run.ident)
            found.append(
                AtWork(
                    thread=names.get(run.ident, f"thread {run.ident}"),
                    ref=run.mailbox.ref,
                    actor=run.mailbox.name,
                    message=run.message,
                    seconds=max(0.0, now - runtime.lookout.since(run, now)),
                    stack=tuple(traceback.format_stack(run.frame)) if stacks else (),
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
