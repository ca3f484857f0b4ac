"""Numbers go through a chain of actors, each of which sorts by one bit."""

from typing import Any

from benchmarks.savina.case import Case
from benchmarks.savina.role import START, Ref, Role
from benchmarks.savina.work import Dice

BITS = 16


def numbers(count: int) -> list[int]:
    """Return the numbers to sort."""
    dice = Dice(2014)
    return [dice.roll(1 << BITS) for _ in range(count)]


class Validation(Role):
    def setup(self, count: int) -> None:
        self.count = count
        self.sorted: list[int] = []

    def receive(self, message: Any) -> None:
        if message == START:
            first = self.me
            for bit in reversed(range(BITS)):
                first = self.spawn(SortByBit, self.count, 1 << bit, first)
            for number in numbers(self.count):
                first.tell(number)
            return
        self.sorted.append(message)
        if len(self.sorted) == self.count:
            self.finish(self.sorted == sorted(numbers(self.count)))


class SortByBit(Role):
    def setup(self, count: int, bit: int, following: Ref) -> None:
        self.left, self.bit, self.following = count, bit, following
        self.kept: list[int] = []

    def receive(self, number: int) -> None:
        if number & self.bit:
            self.kept.append(number)
        else:
            self.following.tell(number)
        self.left -= 1
        if not self.left:
            for kept in self.kept:
                self.following.tell(kept)


CASE = Case(
    name="radix-sort",
    measures="a pipeline of 16 actors",
    main=Validation,
    sizes={"count": 5_000},
    scaled="count",
    savina="100,000 numbers of 60 bits",
    unit="message",
    operations=lambda count: count * (BITS + 1),
    actors=lambda count: BITS + 1,
    expected=lambda count: True,
)
