"""How the cost of an event grows: with the workflows in the store, and with the senders.

Each leaves its store behind, whose rows raw sqlite3 then writes again as the limit.
"""

from __future__ import annotations

import random
import threading
from pathlib import Path
from time import perf_counter

from repertory.actors import WorkflowRef

from benchmarks.durable.systems import ours as repertory

from .filling import fill


def workflows(folder: Path, workflows: int, events: int) -> dict[str, float]:
    """Send events to workflows at random, in a store that has so many."""
    fill(folder / repertory.FILE, workflows)
    chosen = random.Random(1).choices(range(workflows), k=events)
    with repertory.system(folder) as company:
        refs = [company.get(f"w{n}") for n in chosen]
        began = perf_counter()
        answers = [ref.ask(repertory.Toggle.flip, amount=1, block=False) for ref in refs]
        for answer in answers:
            answer.get()
        return {"rate": events / (perf_counter() - began)}


def senders(folder: Path, senders: int, events: int) -> dict[str, float]:
    """Have so many threads, with a workflow each, wait for the answer to each event."""
    with repertory.system(folder) as company:
        started = [company.start(repertory.Toggle, id=f"w{n}", block=False) for n in range(senders)]
        refs = [future.get() for future in started]
        each = max(1, events // senders)
        gate = threading.Barrier(senders + 1)

        def send(ref: WorkflowRef) -> None:
            gate.wait()
            for _ in range(each):
                ref.ask(repertory.Toggle.flip, amount=1)

        threads = [threading.Thread(target=send, args=(ref,)) for ref in refs]
        for thread in threads:
            thread.start()
        gate.wait()
        began = perf_counter()
        for thread in threads:
            thread.join()
        return {"rate": senders * each / (perf_counter() - began)}
