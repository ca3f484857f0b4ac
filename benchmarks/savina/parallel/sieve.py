"""Numbers go through a growing chain of actors, each of which knows some primes."""

from typing import Any

from benchmarks.savina.case import Case
from benchmarks.savina.role import START, Ref, Role

OWN = 100
"""How many primes one actor keeps."""


def primes_below(limit: int) -> int:
    """Return how many primes there are below `limit`, without actors."""
    composite = bytearray(max(limit, 2))
    for number in range(2, limit):
        if not composite[number]:
            composite[number * number :: number] = b"\1" * len(
                range(number * number, len(composite), number)
            )
    return sum(not composite[number] for number in range(2, limit))


class Source(Role):
    def setup(self, limit: int) -> None:
        self.limit = limit

    def receive(self, message: Any) -> None:
        if message != START:
            self.finish(message)
            return
        first = self.spawn(Filter, self.me, 2)
        for candidate in range(3, self.limit, 2):
            first.tell(candidate)
        first.tell(0)


class Filter(Role):
    def setup(self, source: Ref, prime: int) -> None:
        self.source = source
        self.primes = [prime]
        self.following: Ref | None = None
        self.passed = 0

    def receive(self, candidate: int) -> None:
        if not candidate:
            self.end()
            return
        if candidate < 0:
            self.passed = -candidate
            self.end()
            return
        for prime in self.primes:
            if not candidate % prime:
                return
        if self.following is not None:
            self.following.tell(candidate)
        elif len(self.primes) < OWN:
            self.primes.append(candidate)
        else:
            self.following = self.spawn(Filter, self.source, candidate)

    def end(self) -> None:
        found = self.passed + len(self.primes)
        if self.following is None:
            self.source.tell(found)
        else:
            self.following.tell(-found)


CASE = Case(
    name="prime-sieve",
    measures="a pipeline that grows, with work at each place",
    main=Source,
    sizes={"limit": 15_000},
    scaled="limit",
    savina="primes below 100,000, 1,000 to an actor",
    unit="candidate",
    operations=lambda limit: limit // 2,
    actors=lambda limit: 2 + primes_below(limit) // OWN,
    expected=primes_below,
)
