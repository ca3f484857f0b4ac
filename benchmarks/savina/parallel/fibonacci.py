"""A tree of actors: each starts two for the two numbers before, and adds what they say."""

from typing import Any

from benchmarks.savina.case import Case
from benchmarks.savina.role import START, Ref, Role


def fibonacci(n: int) -> int:
    """Return the n-th number, without actors."""
    before, number = 0, 1
    for _ in range(n - 1):
        before, number = number, before + number
    return number


class Root(Role):
    def setup(self, n: int) -> None:
        self.n = n

    def receive(self, message: Any) -> None:
        if message == START:
            self.spawn(Node, self.me).tell(("compute", self.n))
        else:
            self.finish(message[1])


class Node(Role):
    def setup(self, parent: Ref) -> None:
        self.parent = parent
        self.waits_for = 2
        self.sum = 0

    def receive(self, message: Any) -> None:
        kind, n = message
        if kind == "compute":
            if n <= 2:
                self.parent.tell(("is", 1))
                self.leave()
                return
            self.spawn(Node, self.me).tell(("compute", n - 1))
            self.spawn(Node, self.me).tell(("compute", n - 2))
            return
        self.sum += n
        self.waits_for -= 1
        if not self.waits_for:
            self.parent.tell(("is", self.sum))
            self.leave()


CASE = Case(
    name="fibonacci",
    measures="a tree of actors that grows and goes",
    main=Root,
    sizes={"n": 17},
    scaled="",
    savina="the 25th number",
    unit="actor",
    operations=lambda n: 2 * fibonacci(n) - 1,
    actors=lambda n: 2 * fibonacci(n),
    expected=fibonacci,
)
