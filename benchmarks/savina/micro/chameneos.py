"""Creatures meet in a mall, in pairs, and change their colours."""

from typing import Any

from benchmarks.savina.case import Case
from benchmarks.savina.role import START, Ref, Role

YELLOW, BLUE, RED = range(3)


def complement(mine: int, other: int) -> int:
    """Return the colour to change to: one's own, or the third one."""
    return mine if mine == other else 3 - mine - other


class Mall(Role):
    def setup(self, meetings: int, creatures: int) -> None:
        self.left, self.creatures = meetings, creatures
        self.waiting: Ref | None = None
        self.met = 0
        self.faded = 0

    def receive(self, message: Any) -> None:
        if message == START:
            for number in range(self.creatures):
                self.spawn(Creature, self.me, number % 3).tell(START)
        elif message[0] == "meet":
            if not self.left:
                message[2].tell(("exit",))
            elif self.waiting is None:
                self.waiting = message[2]
            else:
                self.left -= 1
                self.waiting.tell(message)
                self.waiting = None
        else:
            self.met += message[1]
            self.faded += 1
            if self.faded == self.creatures:
                self.finish(self.met)


class Creature(Role):
    def setup(self, mall: Ref, colour: int) -> None:
        self.mall, self.colour = mall, colour
        self.meetings = 0

    def receive(self, message: Any) -> None:
        kind = message[0]
        if kind == "meet":
            self.colour = complement(self.colour, message[1])
            self.meetings += 1
            message[2].tell(("change", self.colour))
        elif kind == "change":
            self.colour = message[1]
            self.meetings += 1
        elif kind == "exit":
            self.mall.tell(("met", self.meetings))
            return
        self.mall.tell(("meet", self.colour, self.me))


CASE = Case(
    name="chameneos",
    measures="contention for one mailbox, with answers",
    main=Mall,
    sizes={"meetings": 20_000, "creatures": 100},
    scaled="meetings",
    savina="200,000 meetings of 100 creatures",
    unit="message",
    operations=lambda meetings, creatures: 4 * meetings + 2 * creatures,
    actors=lambda meetings, creatures: creatures + 1,
    expected=lambda meetings, creatures: 2 * meetings,
)
