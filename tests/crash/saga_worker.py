"""A process that is going to be killed while sagas go forth and back.

Run as `python saga_worker.py STORE ROUND`; what happens outside is kept beside the store. It writes
a line for each step that is durable, and goes on until it is killed.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path
from typing import Any

from repertory.actors import ActorSystem, RetryPolicy, activity, current_activity
from repertory.actors.errors import WorkflowExists
from repertory.actors.patterns import Saga, SagaStep

SAGAS = 6
NAMES = ("one", "two", "three", "four")
SOON = RetryPolicy(first=0.001, longest=0.01, attempts=2)


def affect(path: str, what: str, of: str) -> None:
    """Do it, and fail now and then, before or after."""
    chance = random.random()
    if chance < 0.25:
        raise ConnectionError("before it was done")
    with Path(path).open("a") as effects:
        effects.write(f"{what} {of} {current_activity().key}\n")
    if chance < 0.4:
        raise ConnectionError("after it was done")


@activity(name="crash-saga-do", retry=SOON)
def do(path: str, workflow_id: str) -> str:
    name = current_activity().name
    affect(path, "do", f"{workflow_id} {name} {current_activity().key}")
    return name


@activity(name="crash-saga-undo")
def undo(path: str, workflow_id: str, step_key: str) -> None:
    name = current_activity().name.removeprefix("undo ")
    affect(path, "undo", f"{workflow_id} {name} {step_key}")


class Errands(Saga):
    """Four errands, each of which leaves a line and can be undone."""

    workflow_name = "crash-saga"
    steps = [SagaStep(do, undo, name=name) for name in NAMES]
    undo_retry = RetryPolicy(first=0.001, longest=0.01, attempts=None)


def under_way(system: ActorSystem) -> bool:
    """Whether a saga has not come to its end."""
    return bool(system.list(Errands, finished=False, limit=1))


def main(store: str, round_number: int) -> None:
    random.seed(round_number)

    def told(step: Any) -> None:
        os.write(1, b"step\n")

    effects = str(Path(store).with_name("effects"))
    with ActorSystem(store) as system:
        system.subscribe(told)
        wave = 0
        while True:
            for n in range(SAGAS):
                try:
                    given = {"input": {"path": effects}}
                    system.start(Errands, id=f"{round_number}-{wave}-{n}", context=given)
                except WorkflowExists:
                    continue
            wave += 1
            while under_way(system):
                system.settle()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
