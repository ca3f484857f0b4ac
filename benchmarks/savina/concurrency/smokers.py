"""An arbiter tells one smoker of many to smoke, and the next when that one has begun."""

from typing import Any

from benchmarks.savina.case import Case
from benchmarks.savina.role import START, Ref, Role
from benchmarks.savina.work import Dice, busy

PUFFS = 40
"""Steps of work for a cigarette, at most."""


class Arbiter(Role):
    def setup(self, rounds: int, smokers: int) -> None:
        self.rounds, self.left = rounds, rounds
        self.count = smokers
        self.dice = Dice(rounds * smokers)
        self.smoked = 0
        self.gone = 0

    def receive(self, message: Any) -> None:
        if message == START:
            self.smokers = [self.spawn(Smoker, self.me) for _ in range(self.count)]
            self.choose()
        elif message == "begun":
            self.left -= 1
            if self.left:
                self.choose()
            else:
                for smoker in self.smokers:
                    smoker.tell("exit")
        else:
            self.smoked += message
            self.gone += 1
            if self.gone == self.count:
                self.finish(self.smoked)

    def choose(self) -> None:
        self.smokers[self.dice.roll(self.count)].tell(self.dice.roll(PUFFS))


class Smoker(Role):
    def setup(self, arbiter: Ref) -> None:
        self.arbiter = arbiter
        self.smoked = 0

    def receive(self, message: Any) -> None:
        if message == "exit":
            self.arbiter.tell(self.smoked)
        else:
            self.smoked += 1
            self.arbiter.tell("begun")
            busy(message)


CASE = Case(
    name="cigarette-smokers",
    measures="waking one actor of 200, which then works while the next is chosen",
    main=Arbiter,
    sizes={"rounds": 20_000, "smokers": 200},
    scaled="rounds",
    savina="1,000 rounds, 200 smokers",
    unit="round",
    operations=lambda rounds, smokers: rounds,
    actors=lambda rounds, smokers: smokers + 1,
    expected=lambda rounds, smokers: rounds,
)
