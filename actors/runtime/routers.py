"""Routers: one face for a pool of actors that do the same."""

from __future__ import annotations

import bisect
import hashlib
import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from typing import Any, cast

import pykka

from .errors import MailboxFullError
from .future import PooledFuture
from .ref import PooledRef

Ref = PooledRef[Any]


class Routing(ABC):
    """Says which of the actors of a pool gets a message."""

    @abstractmethod
    def route(self, message: Any, refs: Sequence[Ref]) -> Sequence[Ref]:
        """Return the actors for `message`; `refs` is never empty."""


class RoundRobin(Routing):
    """Each in its turn."""

    def __init__(self) -> None:
        self._turns = itertools.count()

    def route(self, message: Any, refs: Sequence[Ref]) -> Sequence[Ref]:
        """Return the next one."""
        return (refs[next(self._turns) % len(refs)],)


class SmallestMailbox(Routing):
    """Whoever has the fewest messages waiting; the one that it handles counts, too."""

    def route(self, message: Any, refs: Sequence[Ref]) -> Sequence[Ref]:
        """Return the one with the fewest messages waiting."""
        return (min(refs, key=_left_to_do),)


def _left_to_do(ref: Ref) -> int:
    mailbox = ref.actor_inbox
    return len(mailbox.queue) + (mailbox.current is not None)


class Broadcast(Routing):
    """All of them."""

    def route(self, message: Any, refs: Sequence[Ref]) -> Sequence[Ref]:
        """Return all of them."""
        return refs


class ConsistentHash(Routing):
    """The same actor for the same key, and few keys that move when the pool changes.

    Args:
        key: gives a message's key; its `repr` is what is hashed, so that every process
            agrees.
        points: how many places each actor gets on the ring.
    """

    def __init__(self, key: Callable[[Any], Hashable], points: int = 64) -> None:
        self._key = key
        self._points = points
        self._ring: tuple[tuple[Ref, ...], list[tuple[int, int]]] = ((), [])

    def route(self, message: Any, refs: Sequence[Ref]) -> Sequence[Ref]:
        """Return the one whose place on the ring is next after the key's."""
        known, ring = self._ring
        if known != tuple(refs):
            ring = sorted(
                (_hash(f"{ref.actor_urn}/{point}"), place)
                for place, ref in enumerate(refs)
                for point in range(self._points)
            )
            self._ring = (tuple(refs), ring)
        place = bisect.bisect(ring, (_hash(repr(self._key(message))), len(refs)))
        return (refs[ring[place % len(ring)][1]],)


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


class Router:
    """Sends each message to one, or all, of a pool of actors, in the sender's thread.

    Actors that have ended are left out from then on.

    Args:
        refs: the pool.
        routing: who gets what.

    Example:
        ```py
        router = Router([runtime.start(Resizer) for _ in range(4)], SmallestMailbox())
        router.tell("cat.jpg")
        ```
    """

    def __init__(self, refs: Sequence[pykka.ActorRef[Any]], routing: Routing | None = None) -> None:
        # Replaced as a whole, never changed in place: senders read it without a lock.
        self._refs = cast("tuple[Ref, ...]", tuple(refs))
        self._routing = routing or RoundRobin()

    @property
    def refs(self) -> tuple[Ref, ...]:
        """The actors that were alive when a message was last sent."""
        return self._refs

    def _route(self, message: Any) -> Sequence[Ref]:
        refs = self._refs
        if not all(ref.is_alive() for ref in refs):
            self._refs = refs = tuple(ref for ref in refs if ref.is_alive())
        if not refs:
            raise pykka.ActorDeadError("No actor of the router's pool is alive.")
        return self._routing.route(message, refs)

    def tell(self, message: Any) -> None:
        """Send `message` on.

        Raises:
            pykka.ActorDeadError: no actor of the pool is alive.
            MailboxFullError: a mailbox was full and refuses; all others were told.
        """
        while True:
            refs, dead, full = self._route(message), 0, None
            for ref in refs:
                try:
                    ref.tell(message)
                except pykka.ActorDeadError:
                    dead += 1
                except MailboxFullError as error:
                    full = error
            if full is not None:
                raise full
            # If all have ended just now, whoever is left in the pool is tried.
            if not refs or dead < len(refs):
                return

    def ask(self, message: Any, *, block: bool = True, timeout: float | None = None) -> Any:
        """Send `message` on and return the answer; with `Broadcast` the list of them.

        Args:
            message: anything.
            block: `False` returns a future at once.
            timeout: seconds to wait.
        """
        refs = self._route(message)
        futures: list[PooledFuture[Any]] = [ref.ask(message, block=False) for ref in refs]
        several = isinstance(self._routing, Broadcast)
        future = futures[0].join(*futures[1:]) if several else futures[0]
        return future.get(timeout=timeout) if block else future
