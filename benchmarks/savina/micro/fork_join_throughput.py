"""One actor deals out messages to many, each of which computes a little for each."""

from typing import Any

from benchmarks.savina.case import Case
from benchmarks.savina.role import START, Ref, Role
from benchmarks.savina.work import compute


class Dealer(Role):
    def setup(self, messages: int, workers: int) -> None:
        self.messages, self.workers = messages, workers
        self.waits_for = workers
        self.handled = 0

    def receive(self, message: Any) -> None:
        if message != START:
            self.handled += message
            self.waits_for -= 1
            if not self.waits_for:
                self.finish(self.handled)
            return
        workers = [self.spawn(Worker, self.messages, self.me) for _ in range(self.workers)]
        for _ in range(self.messages):
            for worker in workers:
                worker.tell(37.2)


class Worker(Role):
    def setup(self, messages: int, dealer: Ref) -> None:
        self.messages, self.dealer = messages, dealer
        self.count = 0

    def receive(self, theta: float) -> None:
        compute(theta)
        self.count += 1
        if self.count == self.messages:
            self.dealer.tell(self.count)


CASE = Case(
    name="fork-join-throughput",
    measures="sending to many mailboxes in turn",
    main=Dealer,
    sizes={"messages": 1_500, "workers": 60},
    scaled="messages",
    savina="10,000 messages to each of 60 actors",
    unit="message",
    operations=lambda messages, workers: messages * workers,
    actors=lambda messages, workers: workers + 1,
    expected=lambda messages, workers: messages * workers,
)
