"""The measurements from outside for what has Pykka's API."""

from __future__ import annotations

import gc
import time
from typing import Any

from benchmarks.savina.measuring import resident_bytes


class FromOutside:
    """Measures a stage's runtime.

    Args:
        stage: says what the runtime's actors are and how they start.
    """

    def __init__(self, stage: Any) -> None:
        self.start = stage.start
        self.echo = type("Echo", (stage.actor,), {"on_receive": lambda self, message: message})

    def ask(self, count: int) -> float:
        ref = self.start(self.echo)
        ref.ask(None)
        began = time.perf_counter()
        for number in range(count):
            if ref.ask(number) != number:
                raise AssertionError("A wrong answer.")
        elapsed = time.perf_counter() - began
        ref.stop()
        return elapsed

    def tell(self, count: int) -> float:
        ref = self.start(self.echo)
        ref.ask(None)
        began = time.perf_counter()
        for number in range(count):
            ref.tell(number)
        ref.ask(None)
        elapsed = time.perf_counter() - began
        ref.stop()
        return elapsed

    def create(self, count: int) -> float:
        began = time.perf_counter()
        refs = [self.start(self.echo) for _ in range(count)]
        for ref in refs:
            ref.tell(None)
        for ref in refs:
            ref.stop()
        elapsed = time.perf_counter() - began
        if any(ref.is_alive() for ref in refs):
            raise AssertionError("An actor outlived its stop.")
        return elapsed

    def idle(self, count: int) -> dict[str, float]:
        self.start(self.echo).ask(None)
        gc.collect()
        before = resident_bytes()
        began = time.perf_counter()
        refs = [self.start(self.echo) for _ in range(count)]
        for ref in refs:
            ref.tell(None)
        for ref in refs:
            ref.ask(None)
        elapsed = time.perf_counter() - began
        gc.collect()
        return {"seconds": elapsed, "bytes": (resident_bytes() - before) / count}
