"""One actor starts many, each of which handles one message and ends."""

from typing import Any

from benchmarks.savina.case import Case
from benchmarks.savina.role import START, Ref, Role
from benchmarks.savina.work import compute


class Starter(Role):
    def setup(self, workers: int) -> None:
        self.workers = workers
        self.handled = 0

    def receive(self, message: Any) -> None:
        if message != START:
            self.handled += message
            if self.handled == self.workers:
                self.finish(self.handled)
            return
        for _ in range(self.workers):
            self.spawn(Worker, self.me).tell(37.2)


class Worker(Role):
    def setup(self, starter: Ref) -> None:
        self.starter = starter

    def receive(self, theta: float) -> None:
        compute(theta)
        self.starter.tell(1)
        self.leave()


CASE = Case(
    name="fork-join-create",
    measures="starting and ending actors",
    main=Starter,
    sizes={"workers": 5_000},
    scaled="workers",
    savina="40,000 actors",
    unit="actor",
    operations=lambda workers: workers,
    actors=lambda workers: workers + 1,
    expected=lambda workers: workers,
)
