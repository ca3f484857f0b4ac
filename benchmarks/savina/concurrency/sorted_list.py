"""Many actors add to, look into and measure one sorted linked list, which an actor keeps."""

from __future__ import annotations

from typing import Any

from benchmarks.savina.case import Case
from benchmarks.savina.role import START, Ref, Role
from benchmarks.savina.work import Dice

WRITES, SIZES = 10, 1
"""Percent of the requests that add a number, and that ask for the length."""


class Link:
    """A number in a sorted linked list."""

    __slots__ = ("following", "value")

    def __init__(self, value: int, following: Link | None) -> None:
        self.value, self.following = value, following


class Master(Role):
    def setup(self, requests: int, workers: int) -> None:
        self.requests, self.workers = requests, workers
        self.waits_for = workers
        self.answers = self.writes = 0

    def receive(self, message: Any) -> None:
        if message == START:
            self.numbers = self.spawn(SortedList, self.me)
            for number in range(self.workers):
                self.spawn(Worker, number, self.requests, self.numbers, self.me).tell(START)
        elif message[0] == "worker":
            self.answers += message[1]
            self.writes += message[2]
            self.waits_for -= 1
            if not self.waits_for:
                self.numbers.tell(("all",))
        else:
            held = message[1]
            if list(held) != sorted(held) or len(held) != self.writes:
                raise AssertionError(f"{len(held)} of {self.writes} numbers, sorted or not.")
            self.finish(self.answers)


class Worker(Role):
    def setup(self, number: int, requests: int, numbers: Ref, master: Ref) -> None:
        self.left = self.requests = requests
        self.numbers, self.master = numbers, master
        self.dice = Dice(number + 1)
        self.writes = 0

    def receive(self, message: Any) -> None:
        if not self.left:
            self.master.tell(("worker", self.requests, self.writes))
            return
        self.left -= 1
        chance, value = self.dice.roll(100), self.dice.roll(65536)
        if chance < SIZES:
            self.numbers.tell(("size", self.me))
        elif chance < SIZES + WRITES:
            self.writes += 1
            self.numbers.tell(("add", self.me, value))
        else:
            self.numbers.tell(("contains", self.me, value))


class SortedList(Role):
    def setup(self, master: Ref) -> None:
        self.master = master
        self.head = Link(-1, None)
        self.size = 0

    def receive(self, message: Any) -> None:
        kind = message[0]
        if kind == "contains":
            following = self.before(message[2]).following
            message[1].tell(following is not None and following.value == message[2])
        elif kind == "add":
            link = self.before(message[2])
            link.following = Link(message[2], link.following)
            self.size += 1
            message[1].tell(message[2])
        elif kind == "size":
            message[1].tell(self.size)
        else:
            self.master.tell(("all", self.values()))

    def before(self, value: int) -> Link:
        """Return the last link whose value is less."""
        link = self.head
        while link.following is not None and link.following.value < value:
            link = link.following
        return link

    def values(self) -> list[int]:
        values, link = [], self.head.following
        while link is not None:
            values.append(link.value)
            link = link.following
        return values


CASE = Case(
    name="concurrent-sorted-list",
    measures="the same where a request takes time: the list is searched from its start",
    main=Master,
    sizes={"requests": 250, "workers": 20},
    scaled="requests",
    savina="8,000 requests by each of 20 actors, 10 % writes, 1 % lengths",
    unit="request",
    operations=lambda requests, workers: requests * workers,
    actors=lambda requests, workers: workers + 2,
    expected=lambda requests, workers: requests * workers,
)
