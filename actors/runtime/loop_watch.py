"""Sees from outside that something holds the event loop, and never awaits anything."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from .context import handling_of

if TYPE_CHECKING:
    from .context import Handling
    from .loop import HandlerLoop


class Turn:
    """What a task does from one `await` to the next, or a callback at all.

    Attributes:
        task: the task; `None`: a callback, or nothing.
        over: whether the loop has gone on.
    """

    __slots__ = ("over", "task")

    def __init__(self) -> None:
        self.task: asyncio.Task[Any] | None = None
        self.over = False

    def end(self) -> None:
        """Be over; the loop itself calls this."""
        self.over = True


class LoopWatch:
    """Looks at a loop now and then, without a word from it at each turn.

    It hands the loop a call. As long as that is not made, what has run since then is in one turn.

    Args:
        loop: the loop.
    """

    def __init__(self, loop: HandlerLoop) -> None:
        self._loop = loop
        self._turn: Turn | None = None

    def turn(self) -> Turn | None:
        """Return the present turn: as often as it is looked at the same, until it is over."""
        if not self._loop.busy:
            self._turn = None
            return None
        turn = self._turn
        if turn is None or turn.over or turn.task is not self._loop.current_task:
            turn = self._turn = Turn()
            if not self._loop.call(turn.end):
                self._turn = None
                return None
            # Asked only now: the same task can't come again before the call is made.
            turn.task = self._loop.current_task
        return turn

    def handling(self, turn: Turn) -> Handling | None:
        """Return the async handler that a turn is part of, as far as can be told."""
        for one in self._loop.under_way:
            if one.task is turn.task:
                return one
        # It may be a task that a handler has started, as each action of a workflow is.
        return None if turn.task is None else handling_of(turn.task)


def task_with_context(
    loop: asyncio.AbstractEventLoop,
    work: Coroutine[Any, Any, Any] | Generator[Any, None, Any],
    **options: Any,
) -> asyncio.Task[Any]:
    """Make a task that can be asked for its context, which Python 3.11 does not know of."""
    context = options.pop("context", None) or copy_context()
    task: Any = asyncio.Task(work, loop=loop, context=context, **options)
    task.get_context = lambda: context
    made: asyncio.Task[Any] = task
    return made
