"""A process in which an activity runs that kills it, each time.

fatal_worker.py FILE STARTS      each attempt leaves a line in STARTS
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from repertory.actors import ActorSystem, RetryPolicy, State, Workflow, activity, current_activity
from repertory.actors.errors import WorkflowExists

SOON = RetryPolicy(first=0, attempts=3)


@activity(name="fatal", retry=SOON)
def fatal(starts: str) -> None:
    with Path(starts).open("a") as file:
        file.write(f"{current_activity().attempt}\n")
    os.kill(os.getpid(), signal.SIGKILL)


class Doomed(Workflow):
    """Hears that its activity has failed; another one of its waits for somebody to see to it."""

    workflow_name = "crash-doomed"

    working = State(initial=True)
    failed = State(final=True)
    give_up = working.to(failed)

    class Context:
        starts: str
        heard: bool
        error: dict[str, str] = {}
        attempts: int = 0

    def on_enter_working(self) -> None:
        failed = "give_up" if self.context.heard else None
        self.start_activity(fatal, self.context.starts, failed=failed)

    def on_give_up(self, error: dict[str, str], attempts: int) -> None:
        self.context.error = error
        self.context.attempts = attempts


def main(file: str, starts: str, heard: str) -> None:
    with ActorSystem(file) as system:
        try:
            given = {"starts": starts, "heard": heard == "heard"}
            doomed = system.start(Doomed, id="doomed", context=given)
        except WorkflowExists:
            doomed = system.get("doomed")
        while not (doomed.snapshot().finished or system.activities(dead=True)):
            system.settle()


if __name__ == "__main__":
    main(*sys.argv[1:4])
