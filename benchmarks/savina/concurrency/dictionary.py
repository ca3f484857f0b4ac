"""Many actors read and write one dictionary, which an actor keeps."""

from typing import Any

from benchmarks.savina.case import Case
from benchmarks.savina.role import START, Ref, Role
from benchmarks.savina.work import Dice

KEYS = 512
WRITES = 10
"""Percent of the requests that write."""


class Master(Role):
    def setup(self, requests: int, workers: int) -> None:
        self.requests, self.workers = requests, workers
        self.waits_for = workers
        self.answers = self.writes = 0

    def receive(self, message: Any) -> None:
        if message == START:
            self.table = self.spawn(Table, self.me)
            for number in range(self.workers):
                self.spawn(Worker, number, self.requests, self.table, self.me).tell(START)
        elif message[0] == "worker":
            self.answers += message[1]
            self.writes += message[2]
            self.waits_for -= 1
            if not self.waits_for:
                self.table.tell(("count",))
        else:
            if message[1] != self.writes:
                raise AssertionError(f"{message[1]} of {self.writes} writes arrived.")
            self.finish(self.answers)


class Worker(Role):
    def setup(self, number: int, requests: int, table: Ref, master: Ref) -> None:
        self.left = self.requests = requests
        self.table, self.master = table, master
        self.dice = Dice(number + 1)
        self.writes = 0

    def receive(self, message: Any) -> None:
        if not self.left:
            self.master.tell(("worker", self.requests, self.writes))
            return
        self.left -= 1
        key = self.dice.roll(KEYS)
        if self.dice.roll(100) < WRITES:
            self.writes += 1
            self.table.tell(("write", self.me, key, self.left))
        else:
            self.table.tell(("read", self.me, key))


class Table(Role):
    def setup(self, master: Ref) -> None:
        self.master = master
        self.values: dict[int, int] = {}
        self.writes = 0

    def receive(self, message: Any) -> None:
        kind = message[0]
        if kind == "read":
            message[1].tell(self.values.get(message[2]))
        elif kind == "write":
            self.values[message[2]] = message[3]
            self.writes += 1
            message[1].tell(message[3])
        else:
            self.master.tell(("writes", self.writes))


CASE = Case(
    name="concurrent-dictionary",
    measures="requests of 20 actors to one, which answers",
    main=Master,
    sizes={"requests": 2_000, "workers": 20},
    scaled="requests",
    savina="10,000 requests by each of 20 actors, 10 % writes",
    unit="request",
    operations=lambda requests, workers: requests * workers,
    actors=lambda requests, workers: workers + 2,
    expected=lambda requests, workers: requests * workers,
)
