"""An outside world for tests: it keeps what was done to it, and does as the test says."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from repertory.actors import ActorSystem, RetryPolicy, State, Workflow, activity, current_activity

TWICE = RetryPolicy(first=10, factor=2, jitter=0, attempts=2)


class Outside:
    """What activities do, and what the test makes of it.

    Attributes:
        calls: the arguments, attempt and key of each call, in their order.
        fail: how often the next calls with this argument fail.
        running: how many run now.
        most: how many ran at once at the most.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open: set[Any] = set()
        self.calls: list[tuple[Any, int, str]] = []
        self.fail: dict[Any, int] = defaultdict(int)
        self.running = 0
        self.most = 0
        self.ended: list[Any] = []

    def enter(self, what: Any) -> None:
        current = current_activity()
        with self._changed:
            self.calls.append((what, current.attempt, current.key))
            self.running += 1
            self.most = max(self.most, self.running)
            self._changed.notify_all()

    def leave(self, what: Any) -> None:
        with self._changed:
            self.running -= 1
            self.ended.append(what)
            self._changed.notify_all()

    def until(self, holds: Any, timeout: float = 60) -> None:
        """Wait until something holds of this."""
        with self._changed:
            assert self._changed.wait_for(lambda: holds(self), timeout), vars(self)

    def let(self, *what: Any) -> None:
        """Let calls with these arguments go on."""
        with self._changed:
            self._open.update(what)
            self._changed.notify_all()

    def hold(self, what: Any) -> None:
        """Go on when the test lets this, or when the activity should stop."""
        current = current_activity()
        while not self.allows(what) and not current.wait(0.002):
            continue

    def allows(self, what: Any) -> bool:
        with self._changed:
            return what in self._open

    @property
    def attempts(self) -> list[tuple[Any, int]]:
        return [(what, attempt) for what, attempt, _ in self.calls]


world = Outside()


@pytest.fixture
def outside() -> Iterator[Outside]:
    """The world, new."""
    global world
    world = Outside()
    yield world


@activity(retry=TWICE)
def work(what: Any) -> Any:
    """Do it at once, or fail as often as the test says."""
    world.enter(what)
    try:
        if world.fail[what]:
            world.fail[what] -= 1
            raise ConnectionError(f"no {what}")
        return {"did": what}
    finally:
        world.leave(what)


@activity(retry=TWICE)
def hold(what: Any) -> Any:
    """Go on when the test lets it, or when it should stop."""
    here = world
    here.enter(what)
    try:
        here.hold(what)
        return {"held": what}
    finally:
        here.leave(what)


@activity(retry=TWICE)
async def hold_async(what: Any) -> Any:
    """Likewise, on the event loop."""
    here = world
    here.enter(what)
    try:
        while not here.allows(what):
            await asyncio.sleep(0.001)
        return {"held": what}
    finally:
        here.leave(what)


class Job(Workflow):
    """Starts and cancels what it is told to, and keeps what came of it."""

    workflow_name = "activities-job"
    here = State(initial=True)
    paused = State()
    over = State(final=True)
    begin = here.to.itself(internal=True)
    cancel = here.to.itself(internal=True)
    done = here.to.itself(internal=True)
    failed = here.to.itself(internal=True)
    undone = here.to.itself(internal=True)
    finish = here.to(over)
    pause = here.to(paused)
    resume = paused.to(here)

    class Context:
        results: list[dict[str, Any]] = []
        failures: list[dict[str, Any]] = []
        keys: list[str] = []
        found: list[bool] = []

    def on_begin(self, function: str, what: list[Any], options: dict[str, Any] = {}) -> None:  # noqa: B006  # event data: never changed
        given = {"done": "done", "failed": "failed", **options}
        for one in what:
            self.context.keys.append(self.start_activity(function, one, **given))

    def on_cancel(self, name: str) -> None:
        self.context.found.append(self.cancel_activity(name))

    def on_undone(self, what: Any) -> None:
        self.start_activity(work, what)
        raise ValueError("no")

    def on_done(self, activity: str, result: Any) -> None:
        self.context.results.append({"activity": activity, "result": result})

    def on_failed(self, activity: str, attempts: int, error: dict[str, str]) -> None:
        self.context.failures.append({"activity": activity, "attempts": attempts, **error})


def results(system: ActorSystem, id: str = "job") -> list[Any]:
    """What came of a job's activities, once nothing is under way."""
    system.settle(timeout=60)
    return [one["result"] for one in system.get(id).context.results]
