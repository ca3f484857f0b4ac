"""A process that is going to be killed: workflows at work, and durable subscriptions that listen.

Run as `python listener.py STORE ROUND`. It writes at once a line for each step that it was told,
"NAME heard ID WORKFLOW SEQUENCE", and one for each place where it saw a cursor in the store,
"NAME kept ID".
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable

from repertory.actors import ActorSystem, Retention, State, Workflow, durable_subscription
from repertory.actors.errors import WorkflowExists
from repertory.actors.events import Committed

WORKFLOWS = 3
INTERESTS: dict[str, str | None] = {"all": None, "one": "speaker-0"}
"""The subscriptions, each with the workflow that it listens to."""


class Speaker(Workflow):
    """Says something, time and again."""

    workflow_name = "crash-speaker"

    speaking = State(initial=True)
    say = speaking.to.itself(internal=True)


def opened(path: str) -> ActorSystem:
    return ActorSystem(path, retention=Retention(count=None, days=None)).open()


def line(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def listener(name: str, file: int) -> Callable[[Committed], None]:
    def heard(committed: Committed) -> None:
        entry = committed.entry
        # What a consumer does with a step takes longer than writing a cursor, and it may be killed
        # within: so here as well, and the senders run ahead of it.
        os.write(file, b"x")
        os.fsync(file)
        line(name, "heard", entry.id, committed.position.record.id, entry.sequence)

    return heard


def main(path: str, round_number: int) -> None:
    choose = random.Random(round_number)
    # In some rounds the cursor is written while there is more to tell, in others at the end of it.
    durable_subscription.KEEP_EVERY = choose.choice([1, 5, 256])
    effects = os.open(f"{path}.effects", os.O_WRONLY | os.O_CREAT)
    system = opened(path)
    for n in range(WORKFLOWS):
        try:
            system.start(Speaker, id=f"speaker-{n}")
        except WorkflowExists:
            continue
    for name, id in INTERESTS.items():
        system.subscribe(listener(name, effects), durable=name, id=id, from_start=True)
    kept: dict[str, int] = {}
    while True:
        speaker = system.get(f"speaker-{choose.randrange(WORKFLOWS)}")
        count = choose.choice([1, 1, 3, 30])
        for answer in [speaker.ask(Speaker.say, block=False) for _ in range(count)]:
            answer.get()
        for name, cursor in system.subscriptions().items():
            if kept.get(name) != cursor:
                kept[name] = cursor
                line(name, "kept", cursor)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
