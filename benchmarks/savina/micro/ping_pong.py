"""Two actors send one message back and forth."""

from typing import Any

from benchmarks.savina.case import Case
from benchmarks.savina.role import START, Ref, Role


class Ping(Role):
    def setup(self, rounds: int) -> None:
        self.rounds = rounds

    def receive(self, message: Any) -> None:
        if message == START:
            self.pong = self.spawn(Pong)
        elif message == self.rounds:
            self.finish(message)
            return
        self.pong.tell(self.me)


class Pong(Role):
    def setup(self) -> None:
        self.count = 0

    def receive(self, sender: Ref) -> None:
        self.count += 1
        sender.tell(self.count)


CASE = Case(
    name="ping-pong",
    measures="a message's way between two actors, one in flight",
    main=Ping,
    sizes={"rounds": 40_000},
    scaled="rounds",
    savina="40,000 rounds",
    unit="message",
    operations=lambda rounds: 2 * rounds,
    actors=lambda rounds: 2,
    expected=lambda rounds: rounds,
)
