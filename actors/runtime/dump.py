"""What a runtime is doing as a text to read, also of a process that seems to hang."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from textwrap import indent
from types import FrameType
from typing import TYPE_CHECKING, Any, TextIO

from .at_work import AtWork, at_work
from .errors import ActorRuntimeError

if TYPE_CHECKING:
    from .runtime import Runtime


def dump(runtime: Runtime, *, stacks: bool = True) -> str:
    """Return a line for each thread and async handler, with what it does, since when, and where.

    Args:
        runtime: the runtime.
        stacks: whether to say where.
    """
    found = at_work(runtime, stacks=stacks)
    busy = sum(one.ref is not None for one in found)
    lines = [f"{runtime.name}: {busy} at work, {len(found) - busy} idle\n"]
    for one in found:
        lines.append(f"{_told(one)}\n")
        lines += [indent(line, "  ") for line in one.stack]
    return "".join(lines)


def _told(one: AtWork) -> str:
    if one.ref is None:
        return f"{one.thread}: idle"
    message = "" if one.message is None else f", {one.message}"
    how = ", async" if one.waits else ""
    return f"{one.thread}: {one.actor}{message}, for {one.seconds:.1f} s{how}"


def dump_on_signal(
    runtime: Runtime, signum: int | None = None, *, file: TextIO | None = None
) -> Callable[[], None]:
    """Have a signal write the dump: `kill -USR1` then shows what a process is doing.

    A thread in which Python code runs, or waits for the runtime, sees to signals at once; one
    that is stuck in a C library does so when that returns. What the signal did before is done
    after it.

    Args:
        runtime: the runtime.
        signum: the signal, by default SIGUSR1.
        file: where to write, by default stderr.

    Returns:
        what undoes it.

    Raises:
        ActorRuntimeError: this is not the main thread, or there is no SIGUSR1 here.
    """
    number = getattr(signal, "SIGUSR1", None) if signum is None else signum
    if number is None:
        raise ActorRuntimeError("There is no SIGUSR1 on this system: give another signal.")

    def write(received: int, frame: FrameType | None) -> None:
        to = sys.stderr if file is None else file
        to.write(dump(runtime))
        to.flush()
        if callable(before):
            before(received, frame)

    before: Any = signal.getsignal(number)
    try:
        signal.signal(number, write)
    except ValueError as error:
        raise ActorRuntimeError(
            f"Signal {number} can't be set up here: do it from the main thread ({error})."
        ) from error

    def undo() -> None:
        if signal.getsignal(number) is write:
            signal.signal(number, before)

    return undo
