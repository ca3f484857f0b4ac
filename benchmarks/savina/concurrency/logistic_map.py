"""Series of the logistic map, each term computed by another actor for the one that waits."""

from collections import deque
from typing import Any

from benchmarks.savina.case import Case
from benchmarks.savina.role import START, Ref, Role

FIRST_RATE, RATE_STEP, FIRST_TERM = 3.46, 0.0025, 0.5


def rates(series: int) -> list[float]:
    """Return the growth rate of each series."""
    return [FIRST_RATE + number * RATE_STEP for number in range(series)]


def expected(terms: int, series: int) -> float:
    """Return the sum of the series' last terms."""
    last = []
    for rate in rates(series):
        term = FIRST_TERM
        for _ in range(terms):
            term = rate * term * (1 - term)
        last.append(term)
    return sum(last)


class Master(Role):
    def setup(self, terms: int, series: int) -> None:
        self.terms, self.series = terms, series
        self.last: dict[int, float] = {}

    def receive(self, message: Any) -> None:
        if message != START:
            self.last[message[0]] = message[1]
            if len(self.last) == self.series:
                # In their order: floats added in another one may differ in the last digit.
                self.finish(sum(self.last[number] for number in range(self.series)))
            return
        workers = [
            self.spawn(Series, number, self.spawn(Computer, rate), self.me)
            for number, rate in enumerate(rates(self.series))
        ]
        for _ in range(self.terms):
            for worker in workers:
                worker.tell("next")
        for worker in workers:
            worker.tell("last")


class Series(Role):
    """Sets aside what comes while it waits, as Savina's version without await does."""

    def setup(self, number: int, computer: Ref, master: Ref) -> None:
        self.number, self.computer, self.master = number, computer, master
        self.term = FIRST_TERM
        self.waits = False
        self.aside: deque[str] = deque()

    def receive(self, message: Any) -> None:
        if message.__class__ is float:
            self.term = message
            self.waits = False
            if self.aside:
                self.go_on(self.aside.popleft())
        elif self.waits:
            self.aside.append(message)
        else:
            self.go_on(message)

    def go_on(self, message: str) -> None:
        if message == "next":
            self.waits = True
            self.computer.tell((self.term, self.me))
        else:
            self.master.tell((self.number, self.term))


class Computer(Role):
    def setup(self, rate: float) -> None:
        self.rate = rate

    def receive(self, message: Any) -> None:
        term, sender = message
        sender.tell(self.rate * term * (1 - term))


CASE = Case(
    name="logistic-map",
    measures="actors that must wait for an answer, and set other messages aside",
    main=Master,
    sizes={"terms": 2_500, "series": 10},
    scaled="terms",
    savina="25,000 terms of 10 series",
    unit="term",
    operations=lambda terms, series: terms * series,
    actors=lambda terms, series: 2 * series + 1,
    expected=expected,
)
