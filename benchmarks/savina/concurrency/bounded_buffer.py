"""Producers and consumers with a bounded buffer between them."""

from collections import deque
from typing import Any

from benchmarks.savina.case import Case
from benchmarks.savina.role import START, Ref, Role
from benchmarks.savina.work import busy

CAPACITY = 50
COST = 25
"""Steps of work for each item, to make it and to use it."""


class Buffer(Role):
    def setup(self, items: int, producers: int, consumers: int) -> None:
        self.items, self.producers, self.consumers = items, producers, consumers
        self.waiting: deque[int] = deque()
        self.ready: deque[Ref] = deque()
        self.held_back: deque[Ref] = deque()
        self.left = producers
        self.consumed = 0

    def receive(self, message: Any) -> None:
        if message == START:
            for _ in range(self.consumers):
                self.ready.append(self.spawn(Consumer, self.me))
            for number in range(self.producers):
                self.spawn(Producer, number, self.items, self.me).tell("produce")
            return
        kind = message[0]
        if kind == "item":
            if self.ready:
                self.ready.popleft().tell(message[2])
            else:
                self.waiting.append(message[2])
            # Every producer that was told to go on may have one item on its way.
            if len(self.waiting) >= CAPACITY - self.producers:
                self.held_back.append(message[1])
            else:
                message[1].tell("produce")
            if len(self.waiting) > CAPACITY:
                raise AssertionError(f"{len(self.waiting)} items in a buffer of {CAPACITY}.")
        elif kind == "consumed":
            self.consumed += 1
            if self.waiting:
                message[1].tell(self.waiting.popleft())
                if self.held_back:
                    self.held_back.popleft().tell("produce")
            else:
                self.ready.append(message[1])
        else:
            self.left -= 1
        if not self.left and len(self.ready) == self.consumers:
            self.finish(self.consumed)


class Producer(Role):
    def setup(self, number: int, items: int, buffer: Ref) -> None:
        self.number, self.left, self.buffer = number, items, buffer

    def receive(self, message: Any) -> None:
        if not self.left:
            self.buffer.tell(("ended",))
            return
        self.left -= 1
        busy(COST)
        self.buffer.tell(("item", self.me, self.left))


class Consumer(Role):
    def setup(self, buffer: Ref) -> None:
        self.buffer = buffer

    def receive(self, message: Any) -> None:
        busy(COST)
        self.buffer.tell(("consumed", self.me))


CASE = Case(
    name="bounded-buffer",
    measures="flow control between 40 producers and 40 consumers, buffer of 50",
    main=Buffer,
    sizes={"items": 250, "producers": 40, "consumers": 40},
    scaled="items",
    savina="1,000 items from each of 40 producers to 40 consumers",
    unit="item",
    operations=lambda items, producers, consumers: items * producers,
    actors=lambda items, producers, consumers: producers + consumers + 1,
    expected=lambda items, producers, consumers: items * producers,
)
