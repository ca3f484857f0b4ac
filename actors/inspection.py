"""A picture of a running system: its actors, what waits, what its threads do, and how fast."""

from __future__ import annotations

import heapq
import os
from collections import deque
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ..persistence.errors import RepertoryError
from .inspection_socket import InspectionServer
from .runtime import AtWork
from .runtime.waiting import awaits
from .statistics import Statistics

if TYPE_CHECKING:
    from .services import Services

MOMENT = 1.0
"""Seconds that a rate is taken over at the least, once the system has been open for so long."""


class ActorPicture(msgspec.Struct, frozen=True):
    """One live actor.

    Attributes:
        name: what it calls itself; for a workflow `workflow` and its id.
        kind: its class.
        waiting: messages in its mailbox.
        stashed: messages that it has set aside.
        running: whether it handles one, or is about to.
        asking: the name of an actor that it waits for, or None.
        restarts: how often a new instance took its place.
        children: the actors that it supervises, oldest first.
    """

    name: str
    kind: str
    waiting: int
    stashed: int
    running: bool
    asking: str | None
    restarts: int
    children: tuple[ActorPicture, ...]


class ThreadPicture(msgspec.Struct, frozen=True):
    """What a thread, or an async handler, is doing.

    Attributes:
        thread: the thread's name.
        actor: the name of the actor that it runs; None: it has nothing to do.
        message: the type of what is handled, or None.
        seconds: for how long; see `repertory.actors.runtime.AtWork`.
        waits: whether it is an async handler that waits.
    """

    thread: str
    actor: str | None
    message: str | None
    seconds: float
    waits: bool


class LetterPicture(msgspec.Struct, frozen=True):
    """A message that nobody will handle.

    Attributes:
        recipient: the actor that it was for.
        message: its type.
        reason: why it was not handled.
    """

    recipient: str
    message: str
    reason: str


class Inspection(msgspec.Struct, frozen=True):
    """A system at one moment; as nothing is stopped for it, of more than one.

    It encodes to JSON: `msgspec.json.encode(system.inspect())`.

    Attributes:
        name: the system's.
        path: the file of its store, or None.
        process: the id of its process.
        at: when; in UTC.
        seconds: since it was opened.
        handled: messages that its actors have handled.
        handled_per_second: since it was last looked at, if that is a second or longer ago.
        steps_per_second: steps that became durable, likewise.
        waiting: messages in all mailboxes.
        actor_count: live actors.
        actors: those that run or have most messages waiting, and what these are supervised by.
        activating: workflows that are on their way into memory.
        restarts: how often a new instance took an actor's place.
        threads: what each thread and async handler does.
        slow: those of them that have done so for longer than `slow_after`.
        dead_letters: messages that nobody handled.
        letters: the latest of these, oldest first.
        statistics: what was written, and what is in memory.
    """

    name: str
    path: str | None
    process: int
    at: datetime
    seconds: float
    handled: int
    handled_per_second: float
    steps_per_second: float
    waiting: int
    actor_count: int
    actors: tuple[ActorPicture, ...]
    activating: int
    restarts: int
    threads: tuple[ThreadPicture, ...]
    slow: tuple[ThreadPicture, ...]
    dead_letters: int
    letters: tuple[LetterPicture, ...]
    statistics: Statistics


class Rates:
    """How fast counts grow, over the last second or so: since a moment that somebody looked.

    Args:
        now: when the counts were zero, in seconds.
    """

    def __init__(self, now: float) -> None:
        self.began = now
        self._samples: deque[tuple[float, tuple[int, ...]]] = deque(maxlen=64)

    def of(self, now: float, *counts: int) -> list[float]:
        """Return by how much each count has grown in a second, and remember it for later.

        Args:
            now: the time, in seconds.
            counts: how much each is by now.
        """
        since, before = self.began, (0,) * len(counts)
        samples = tuple(self._samples)
        for at, sample in samples:
            if now - at >= MOMENT:
                since, before = at, sample
        if not samples or now - samples[-1][0] >= MOMENT / 8:
            self._samples.append((now, counts))
        elapsed = now - since
        if elapsed <= 0:
            return [0.0] * len(counts)
        return [max(0, n - m) / elapsed for n, m in zip(counts, before, strict=True)]


def statistics_of(services: Services) -> Statistics:
    """Return what has been written since the system was opened, and what is in memory."""
    return msgspec.structs.replace(
        services.statistics,
        active=len(services.activations),
        activated=services.activations.activated,
        passivated=services.activations.passivated,
        unwritten=len(services.persistence.actor_inbox.queue),
    )


def let_look_in(services: Services, name: str, path: Path | None) -> InspectionServer:
    """Let other processes look in.

    Args:
        services: those of the system.
        name: the system's name.
        path: the file that it writes to, if it does.

    Raises:
        RepertoryError: it writes to no file, or this platform has no local sockets.
        StoreError: the socket can't be made.
    """
    if path is None:
        raise RepertoryError(
            f"The system {name!r} can't be inspectable: only one that writes to a file can."
        )
    return InspectionServer(path, name, lambda request: answer(services, request, name, path))


def answer(services: Services, request: str, name: str, path: Path) -> bytes:
    """Return as JSON what another process wants to know: see `inspection_socket`.

    Args:
        services: those of the system.
        request: `inspect`, or `dump` for the text of `ActorSystem.dump`.
        name: the system's name.
        path: the file of its store.
    """
    if request == "dump":
        return msgspec.json.encode(services.runtime.dump())
    return msgspec.json.encode(inspect(services, name, path, 50))


def inspect(services: Services, name: str, path: Path | None, limit: int) -> Inspection:
    """Take a picture of a system, without stopping or waiting for anything in it.

    Args:
        services: those of the system.
        name: its name.
        path: the file of its store.
        limit: how many actors to take in at the most.
    """
    runtime, statistics = services.runtime, statistics_of(services)
    now = runtime.clock.monotonic()
    threads = runtime.at_work()
    slow_after = runtime.lookout.slow_after
    handled, steps = services.rates.of(now, runtime.handled, statistics.steps)
    mailboxes: list[Any] = [ref.actor_inbox for ref in tuple(runtime.registry.values())]
    letters = runtime.dead_letters
    return Inspection(
        name=name,
        path=None if path is None else str(path),
        process=os.getpid(),
        at=runtime.clock.now(),
        seconds=now - services.rates.began,
        handled=runtime.handled,
        handled_per_second=handled,
        steps_per_second=steps,
        waiting=sum(len(mailbox.queue) for mailbox in mailboxes),
        actor_count=len(mailboxes),
        actors=_tree(mailboxes, limit),
        activating=services.activations.fresh,
        restarts=runtime.restarts,
        threads=tuple(map(_thread, threads)),
        slow=tuple(
            _thread(one)
            for one in threads
            if slow_after is not None and one.ref is not None and one.seconds >= slow_after
        ),
        dead_letters=letters.total,
        letters=tuple(
            LetterPicture(str(one.recipient), type(one.message).__name__, one.reason)
            for one in letters.recent[-10:]
        ),
        statistics=statistics,
    )


def _thread(one: AtWork) -> ThreadPicture:
    return ThreadPicture(one.thread, one.actor, one.message, one.seconds, one.waits)


def _tree(mailboxes: list[Any], limit: int) -> tuple[ActorPicture, ...]:
    """Picture the busiest actors, each below those that supervise it."""
    busiest = heapq.nlargest(
        limit, mailboxes, key=lambda mailbox: (len(mailbox.queue), mailbox.is_taken())
    )
    shown = set(busiest)
    for mailbox in busiest:
        while mailbox.parent is not None:
            mailbox = mailbox.parent.parent
            shown.add(mailbox)
    below: dict[Any, list[Any]] = {}
    for mailbox in mailboxes:
        if mailbox in shown:
            above = None if mailbox.parent is None else mailbox.parent.parent
            below.setdefault(above, []).append(mailbox)
    return tuple(_actor(mailbox, below) for mailbox in below.get(None, ()))


def _actor(mailbox: Any, below: dict[Any, list[Any]]) -> ActorPicture:
    asked = [link.worker for link in awaits(mailbox) if link.worker is not None]
    return ActorPicture(
        name=mailbox.name,
        kind=mailbox.ref.actor_class.__name__,
        waiting=len(mailbox.queue),
        stashed=mailbox.stashed,
        running=mailbox.is_taken(),
        asking=asked[0].name if asked else None,
        restarts=mailbox.restarts,
        children=tuple(_actor(child, below) for child in below.get(mailbox, ())),
    )
