"""A process with timers that is killed: at a point of a commit, or at any moment.

timer_worker.py FILE POINT        POINT: set, cancel, fire or none; "before" or "after" follows
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from repertory.actors import ActorSystem, State, Workflow
from repertory.persistence.records import MessageKind, Step
from repertory.persistence.sqlite import SqliteStore

BEAT = 0.004
"""Seconds between two ticks."""


class Ticking(Workflow):
    """Notes when each of its ticks was due, in microseconds."""

    workflow_name = "ticking"

    on = State(initial=True)
    begin = on.to.itself(internal=True)
    once = on.to.itself(internal=True)
    forget = on.to.itself(internal=True)
    tick = on.to.itself(internal=True)

    class Context:
        due: list[int] = []
        at: list[int] = []

    def on_begin(self) -> None:
        self.timers.start("tick", every=BEAT, late="fire")

    def on_once(self, after: float) -> None:
        self.timers.start("tick", after=after)

    def on_forget(self) -> None:
        self.timers.cancel("tick")

    def on_tick(self) -> None:
        fired = self.timers.fired
        assert fired is not None
        self.context.due.append(round(fired.due.timestamp() * 1e6))
        self.context.at.append(self._agenda.now)


class Deadly(SqliteStore):
    """Kills its process before, or right after, the commit of the first step of a kind."""

    def __init__(self, path: Path, point: str, when: str) -> None:
        super().__init__(path)
        self._point = point
        self._when = when

    def commit(self, steps: Sequence[Step]) -> Any:
        hit = any(self._is_it(step) for step in steps)
        if hit and self._when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        done = super().commit(steps)
        if hit:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    def _is_it(self, step: Step) -> bool:
        match self._point:
            case "set":
                return any(message.kind is MessageKind.TIMER for message in step.sends)
            case "cancel":
                return bool(step.cancels)
            case "fire":
                return step.receives is not None
        return False


def main(path: Path, point: str, when: str) -> None:
    with ActorSystem(store=Deadly(path, point, when)) as system:
        if point == "none":
            refs = [system.start(Ticking, id=f"w{n}") for n in range(5)] if when == "new" else []
            for ref in refs:
                ref.ask("begin")
            system.subscribe(lambda _: print("tick", flush=True), event="tick")
            sys.stdin.read()  # until it is killed
        ref = system.start(Ticking, id="w")
        ref.ask("once", after=0.05 if point == "fire" else 3600)
        if point == "cancel":
            ref.ask("forget")
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:4])
