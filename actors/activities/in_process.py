"""What happens in a process that activities run in: one at a time, told of by the one outside."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from .current import CurrentActivity, enter
from .outcome import outcome_of
from .retry import Failure

LOOK_AGAIN = 0.05
"""Seconds after which one that waits looks whether it should stop."""


class Order(msgspec.Struct, frozen=True):
    """What a process is to do.

    Attributes:
        number: the attempt's own number in this system.
        function: the function, which the process imports.
        args: its arguments by place.
        kwargs: its arguments by name.
        key: the idempotency key.
        workflow_id: the workflow that started it.
        name: the name under which it did.
        attempt: the number of the attempt.
        progress: what was said last of its progress.
    """

    number: int
    function: Callable[..., Any]
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    key: str
    workflow_id: str
    name: str
    attempt: int
    progress: Any


class _There(CurrentActivity):
    """The current activity as seen from within a process."""

    __slots__ = ("number",)
    number: int

    def _told(self) -> bool:
        return super()._told() or bool(_stop.value == self.number)

    def wait(self, seconds: float | None = None) -> bool:
        """Sleep, but no longer than until it should stop; return `cancelled`."""
        left = seconds
        while not self.cancelled and (left is None or left > 0):
            # The other process can only leave a note, so this one has to look now and then.
            nap = LOOK_AGAIN if left is None else min(left, LOOK_AGAIN)
            self._cancelled.wait(nap)
            left = None if left is None else left - nap
        return self.cancelled


_beats: Any = None
_stop: Any = None
_saying = threading.Lock()  # the function may have threads of its own, which say how far they are


def begin(beats: Any, stop: Any) -> None:
    """Begin in the process, before anything is done there.

    Arguments:
        beats: the end of a pipe for an attempt's number and its progress, with each heartbeat.
        stop: the number of the attempt that should stop, as shared memory.
    """
    global _beats, _stop
    _beats, _stop = beats, stop


def _say(number: int, progress: bytes | None) -> None:
    with _saying:
        _beats.send((number, progress))


def work(order: Order) -> bytes | Failure | None:
    """Do it; return the result as JSON, why it failed, or None if it has stopped as told."""
    current = _There(
        order.key,
        order.workflow_id,
        order.name,
        order.attempt,
        order.progress,
        lambda said: _say(order.number, said),
    )
    current.number = order.number
    with enter(current):
        outcome = outcome_of(lambda: order.function(*order.args, **order.kwargs))
    return None if current.saw_cancelled else outcome
