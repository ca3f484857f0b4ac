"""Ctrl-C: for the thread that it hit, also when that thread was running an actor just then."""

from __future__ import annotations

import threading

from .context import here


def is_interrupt(error: BaseException) -> bool:
    """Whether this is a Ctrl-C for the thread that runs an actor while it waits for it."""
    return here.note.depth > 0 and isinstance(error, KeyboardInterrupt)


def put_aside(error: BaseException) -> bool:
    """Keep such a Ctrl-C until the thread is done with the actor; say whether it is one."""
    if not is_interrupt(error):
        return False
    here.note.interrupt = error
    return True


def is_for_the_caller(error: BaseException) -> bool:
    """Whether this is a Ctrl-C that came while the application's main thread was in a call."""
    return (
        isinstance(error, KeyboardInterrupt)
        and threading.current_thread() is threading.main_thread()
    )


def raise_interrupt() -> None:
    """Raise a Ctrl-C that broke an actor off: it is for the thread that ran the actor, too."""
    note = here.note
    if note.interrupt is not None:
        interrupt, note.interrupt = note.interrupt, None
        raise interrupt
