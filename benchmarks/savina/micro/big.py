"""Many actors ping each other at random: many to many."""

from typing import Any

from benchmarks.savina.case import Case
from benchmarks.savina.role import START, Ref, Role
from benchmarks.savina.work import Dice


class Sink(Role):
    def setup(self, pings: int, workers: int) -> None:
        self.pings, self.workers = pings, workers
        self.waits_for = workers
        self.answered = 0

    def receive(self, message: Any) -> None:
        if message != START:
            self.answered += message
            self.waits_for -= 1
            if not self.waits_for:
                self.finish(self.answered)
            return
        workers = [self.spawn(Worker, n, self.pings, self.me) for n in range(self.workers)]
        for worker in workers:
            worker.tell(workers)
        for worker in workers:
            worker.tell("pong")


class Worker(Role):
    def setup(self, number: int, pings: int, sink: Ref) -> None:
        self.pings, self.sink = pings, sink
        self.dice = Dice(number)
        self.sent = 0

    def receive(self, message: Any) -> None:
        if message == "pong":
            if self.sent == self.pings:
                self.sink.tell(self.sent)
                return
            self.sent += 1
            others = self.others
            others[self.dice.roll(len(others))].tell(self.me)
        elif isinstance(message, list):
            self.others = message
        else:
            message.tell("pong")


CASE = Case(
    name="big",
    measures="many to many: mailboxes with few messages each, 120 in flight",
    main=Sink,
    sizes={"pings": 400, "workers": 120},
    scaled="pings",
    savina="20,000 pings by each of 120 actors",
    unit="message",
    operations=lambda pings, workers: 2 * pings * workers,
    actors=lambda pings, workers: workers + 1,
    expected=lambda pings, workers: pings * workers,
)
