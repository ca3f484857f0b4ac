"""Philosophers ask an arbitrator for their two forks until they get them, and eat."""

from typing import Any

from benchmarks.savina.case import Case
from benchmarks.savina.role import START, Ref, Role


class Arbitrator(Role):
    def setup(self, meals: int, philosophers: int) -> None:
        self.meals, self.philosophers = meals, philosophers
        self.taken = [False] * philosophers
        self.left = philosophers
        self.eaten = 0

    def receive(self, message: Any) -> None:
        if message == START:
            for place in range(self.philosophers):
                self.spawn(Philosopher, place, self.meals, self.me).tell(START)
            return
        kind, place = message[0], message[1]
        first, second = place, (place + 1) % self.philosophers
        if kind == "hungry":
            if self.taken[first] or self.taken[second]:
                message[2].tell("denied")
            else:
                self.taken[first] = self.taken[second] = True
                message[2].tell("eat")
        elif kind == "done":
            self.taken[first] = self.taken[second] = False
            self.eaten += 1
        else:
            self.left -= 1
            if not self.left:
                self.finish((self.eaten, sum(self.taken)))


class Philosopher(Role):
    def setup(self, place: int, meals: int, arbitrator: Ref) -> None:
        self.place, self.left, self.arbitrator = place, meals, arbitrator
        self.hungry = ("hungry", place, self.me)

    def receive(self, message: Any) -> None:
        if message == "eat":
            self.left -= 1
            self.arbitrator.tell(("done", self.place))
            if self.left:
                self.me.tell(START)
            else:
                self.arbitrator.tell(("exit", self.place))
        else:
            self.arbitrator.tell(self.hungry)


CASE = Case(
    name="philosophers",
    measures="20 actors that ask for what others hold, again and again",
    main=Arbitrator,
    sizes={"meals": 500, "philosophers": 20},
    scaled="meals",
    savina="10,000 meals of each of 20 philosophers",
    unit="meal",
    operations=lambda meals, philosophers: meals * philosophers,
    actors=lambda meals, philosophers: philosophers + 1,
    expected=lambda meals, philosophers: (meals * philosophers, 0),
)
