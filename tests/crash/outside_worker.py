"""A process that is going to be killed while activities run, of all kinds.

Run as `python outside_worker.py STORE EFFECTS ROUND`. Each attempt leaves a line in EFFECTS
before it returns: that is the outside world, which no crash undoes.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path
from typing import Any

from repertory.actors import ActorSystem, RetryPolicy, State, Workflow, activity, current_activity
from repertory.actors.errors import WorkflowExists

SOON = RetryPolicy(first=0.001, longest=0.01, attempts=None)
WORKFLOWS = 8
STEPS = 5


def affect(path: str, what: str) -> int:
    """Do it, and fail now and then, before or after."""
    current = current_activity()
    chance = random.random()
    if chance < 0.2:
        raise ConnectionError("before it was done")
    with Path(path).open("a") as effects:
        effects.write(f"{what} {current.key}\n")
    if chance < 0.3:
        raise ConnectionError("after it was done")
    current.heartbeat(what)
    return 1


@activity(name="crash-on-a-thread", retry=SOON)
def on_a_thread(path: str, what: str) -> int:
    return affect(path, what)


@activity(name="crash-on-the-loop", retry=SOON)
async def on_the_loop(path: str, what: str) -> int:
    return affect(path, what)


class Errand(Workflow):
    """Does one thing after the other; a state that invokes is among them."""

    workflow_name = "crash-errand"
    ready = State(initial=True)
    working = State()
    handing_over = State(invoke=on_the_loop)
    over = State(final=True)
    go = ready.to(working)
    done = working.to.itself(internal=True, cond="more") | working.to(handing_over)
    done_invoke_handing_over = handing_over.to(over)

    class Context:
        path: str = ""
        what: str = ""
        left: int = STEPS
        started: list[str] = []
        done: list[str] = []

    def _start(self) -> None:
        self.context.what = f"{self.workflow_id}/{len(self.context.started)}"
        function = on_a_thread if self.context.left % 2 else on_the_loop
        key = self.start_activity(
            function, self.context.path, self.context.what, done="done", name=self.context.what
        )
        self.context.started.append(f"{self.context.what} {key}")

    def on_go(self) -> None:
        self._start()

    def more(self) -> bool:
        return self.context.left > 1

    def on_done(self, activity: str, result: int) -> None:
        self.context.left -= result
        self.context.done.append(activity)
        if self.context.left:
            self._start()
        else:
            self.context.what = f"{self.workflow_id}/over"


def under_way(system: ActorSystem) -> bool:
    """Whether an errand that was told to go is not over; others wait for ever."""
    open = system.list(Errand, finished=False, limit=10_000)
    return any(record.configuration != ("ready",) for record in open)


def main(path: str, effects: str, round_number: int) -> None:
    random.seed(round_number)

    def told(step: Any) -> None:
        if step.entry.event in ("done", "done_invoke_handing_over"):
            os.write(1, b"done\n")

    with ActorSystem(path) as system:
        system.subscribe(told)
        for n in range(WORKFLOWS):
            try:
                system.start(Errand, id=f"{round_number}-{n}", context={"path": effects}).ask("go")
            except WorkflowExists:
                continue
        system.settle()
        while under_way(system):
            system.settle()
        os.write(1, b"over\n")
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
