"""What an activity can learn of itself while it runs, and say of how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event
from typing import Any

from ...persistence.codec import CodecError, encode_json
from ...persistence.errors import RepertoryError


class CurrentActivity:
    """The attempt that the present code is part of.

    Attributes:
        key: the idempotency key: the same in every attempt, and after a crash; no other start of
            any activity has it. Pass it on to whoever must not do the same twice.
        workflow_id: the workflow that started it.
        name: the name under which the workflow started it.
        attempt: the number of this attempt, from 1. One that a crash or the end of the system has
            cut off doesn't count.
        progress: what the last heartbeat of an earlier attempt has said; None: nothing.
        saw_cancelled: whether it has asked, and heard, that it should stop.
    """

    __slots__ = (
        "_beat",
        "_cancelled",
        "attempt",
        "key",
        "name",
        "progress",
        "saw_cancelled",
        "workflow_id",
    )

    def __init__(
        self,
        key: str,
        workflow_id: str,
        name: str,
        attempt: int,
        progress: Any = None,
        beat: Callable[[bytes | None], None] | None = None,
    ) -> None:
        self.key = key
        self.workflow_id = workflow_id
        self.name = name
        self.attempt = attempt
        self.progress = progress
        self._beat = beat
        self.saw_cancelled = False
        self._cancelled = Event()

    def heartbeat(self, progress: Any = None) -> None:
        """Say that the work goes on, and how far it is.

        Arguments:
            progress: whatever the next attempt, or somebody who looks, wants to know, as JSON;
                None leaves what was said last.

        Raises:
            SerializationFailed: it can't be written as JSON.
        """
        try:
            said = None if progress is None else encode_json(progress)
        except CodecError as error:
            raise RepertoryError(
                f"The progress of activity {self.name!r} of workflow {self.workflow_id!r} can't "
                f"be kept as JSON: {error}"
            ) from error
        if self._beat is not None:
            self._beat(said)

    @property
    def cancelled(self) -> bool:
        """Whether it should stop, since nobody waits for what it does any more.

        It was cancelled, its time is up, or the system is closing. What a function returns, or
        raises, after it was told so counts for nothing; after a closing it runs again.
        """
        if not self.saw_cancelled and self._told():
            self.saw_cancelled = True
        return self.saw_cancelled

    def _told(self) -> bool:
        return self._cancelled.is_set()

    def wait(self, seconds: float | None = None) -> bool:
        """Sleep, but no longer than until it should stop; return `cancelled`.

        Arguments:
            seconds: how long; None: until it should stop.
        """
        self._cancelled.wait(seconds)
        return self.cancelled

    def cancel(self) -> None:
        """Tell it to stop."""
        self._cancelled.set()


_current: ContextVar[CurrentActivity] = ContextVar("repertory_activity")


def running() -> CurrentActivity | None:
    """Return the attempt that the calling code is part of, if it is part of one."""
    return _current.get(None)


def current_activity() -> CurrentActivity:
    """Return the attempt that the calling code is part of.

    Raises:
        RepertoryError: the code does not run as an activity; see `as_activity`.

    Example:
        >>> with as_activity(key="pay-7"):
        ...     current_activity().key
        'pay-7'
    """
    current = running()
    if current is None:
        raise RepertoryError(
            "This code does not run as an activity, so there is no current one; in a test, call "
            "it within `with as_activity():`."
        )
    return current


@contextmanager
def enter(current: CurrentActivity) -> Iterator[None]:
    """Let the code within be part of this attempt."""
    token = _current.set(current)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def as_activity(
    key: str = "key",
    *,
    workflow_id: str = "workflow",
    name: str = "activity",
    attempt: int = 1,
    progress: Any = None,
) -> Iterator[CurrentActivity]:
    """Let the code within believe that it runs as an activity: for tests of the function alone.

    Arguments:
        key: its idempotency key.
        workflow_id: the workflow that has started it.
        name: the name under which it was started.
        attempt: the number of the attempt.
        progress: what the last heartbeat of an earlier attempt has said.

    Yields:
        what `current_activity()` returns within; `cancel()` it to see the function stop.
    """
    current = CurrentActivity(key, workflow_id, name, attempt, progress)
    with enter(current):
        yield current
