"""A token goes round a ring of actors."""

from typing import Any

from benchmarks.savina.case import Case
from benchmarks.savina.role import START, Ref, Role


class Ring(Role):
    def setup(self, hops: int, size: int) -> None:
        self.hops, self.size = hops, size

    def receive(self, message: Any) -> None:
        if message != START:
            self.finish(message)
            return
        nodes = [self.spawn(Node, place, self.me) for place in range(self.size)]
        for node, following in zip(nodes, [*nodes[1:], nodes[0]], strict=True):
            node.tell(("next", following))
        nodes[0].tell(self.hops)


class Node(Role):
    def setup(self, place: int, ring: Ref) -> None:
        self.place, self.ring = place, ring

    def receive(self, message: Any) -> None:
        if message.__class__ is int:
            if message:
                self.following.tell(message - 1)
            else:
                self.ring.tell(self.place)
        else:
            self.following = message[1]


CASE = Case(
    name="thread-ring",
    measures="a message's way from actor to actor, one in flight among 100",
    main=Ring,
    sizes={"hops": 100_000, "size": 100},
    scaled="hops",
    savina="100,000 hops among 100 actors",
    unit="hop",
    operations=lambda hops, size: hops,
    actors=lambda hops, size: size + 1,
    expected=lambda hops, size: hops % size,
)
