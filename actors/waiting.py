"""Waiting for an answer, for so long and no longer."""

from __future__ import annotations

from time import monotonic
from typing import Any

import pykka
from pykka import ActorRef

from ..persistence.errors import Timeout
from .answer import ask
from .runtime import PooledFuture
from .runtime.waiting import check_may_wait as check_may_wait


def wait(future: PooledFuture[Any], timeout: float | None, what: str) -> Any:
    """Wait for a future's value.

    Arguments:
        future: what to wait for.
        timeout: seconds to wait, or None for as long as it takes.
        what: what is waited for, for the error.

    Raises:
        Timeout: it has no value by then.
    """
    try:
        return future.get(timeout=timeout)
    except pykka.Timeout as error:
        raise in_vain(timeout, what) from error


def ask_and_wait(
    actor: ActorRef[Any], message: Any, timeout: float | None = None, what: str = "an answer"
) -> Any:
    """Send an actor of the system a message and wait for the answer.

    Arguments:
        actor: the actor.
        message: the message.
        timeout: seconds to wait, or None for as long as it takes.
        what: what is waited for, for the error.

    Raises:
        BlockedLoopError: to wait would block every async action; nothing was sent.
        Timeout: there is no answer by then.
    """
    check_may_wait()
    return wait(ask(actor, message), timeout, what)


def in_vain(timeout: float | None, what: str) -> Timeout:
    """Return the error for a wait that took too long."""
    seconds = None if timeout is None else f"{round(timeout, 3):g}"
    return Timeout(f"Waited {seconds} s for {what}, in vain; it may still happen.")


def error_of(future: PooledFuture[Any]) -> Exception | None:
    """Wait for a future, and return what went wrong, or None."""
    try:
        future.get()
    except Exception as error:
        return error
    return None


class Deadline:
    """What is left of a time that was given. Somebody waits, so it is real time."""

    def __init__(self, seconds: float | None) -> None:
        self._end = None if seconds is None else monotonic() + seconds

    def left(self) -> float | None:
        """Return the seconds that are left, or None when there is no limit."""
        return None if self._end is None else max(0.0, self._end - monotonic())
