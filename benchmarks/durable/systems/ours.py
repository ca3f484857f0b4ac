"""Repertory."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

from repertory.actors import ActorSystem, State, Workflow
from repertory.persistence import Retention

from benchmarks.durable.pace import pace

DISTRIBUTIONS = ("repertory",)
FILE = "repertory.db"


class Toggle(Workflow):
    """The work that every system does: change the state, and one number in the context."""

    off = State(initial=True)
    on = State()
    flip = off.to(on) | on.to(off)

    class Context:
        count: int = 0
        padding: str = ""

    def on_flip(self, amount: int) -> None:
        self.context.count += amount


def system(folder: Path) -> ActorSystem:
    # Trimming history is no part of a step, and the rows are read back afterwards.
    return ActorSystem(folder / FILE, retention=Retention(count=None, days=None))


def many(folder: Path, workflows: int, events: int, padding: int = 0) -> dict[str, float]:
    with system(folder) as company:
        context = {"padding": "x" * padding}
        started = [
            company.start(Toggle, id=f"w{n}", context=context, block=False)
            for n in range(workflows)
        ]
        refs = [future.get() for future in started]
        began = perf_counter()
        answers = [
            ref.ask(Toggle.flip, amount=1, block=False) for _ in range(events) for ref in refs
        ]
        for answer in answers:
            answer.get()
        seconds = perf_counter() - began
        statistics = company.statistics
    return {
        "rate": workflows * events / seconds,
        "steps_a_commit": statistics.steps / statistics.commits,
        "writing": statistics.writing / seconds,
    }


def one(folder: Path, events: int) -> dict[str, float]:
    with system(folder) as company:
        ref = company.start(Toggle, id="w0")
        return pace(lambda: ref.ask(Toggle.flip, amount=1), events)


def message(folder: Path, rounds: int) -> dict[str, float]:
    """Time a message from one workflow to another and its durable reply."""
    if not hasattr(Workflow, "tell"):
        raise NotImplementedError("workflows can't tell each other anything yet")
    from .ours_messages import exchange

    with system(folder) as company:
        return {"milliseconds": exchange(company, rounds) * 1000}
