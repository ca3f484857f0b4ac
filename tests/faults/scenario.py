"""What the system does while it is going to crash: a bit of everything, the same each time.

A run is a list of requests, each with a key, an id or a number by which its repetition is known.
So a sender that has lost its answers may send all of it again to whatever was recovered, and must
end with what it would have had without the crash.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from repertory.actors import ActorSystem, Retention, State, Workflow
from repertory.actors.errors import HandlerFailed, WorkflowExists, WorkflowNotFound
from repertory.actors.events import Committed
from repertory.actors.runtime import ManualClock

from tests.crash.worker import Account

ACCOUNTS = [f"account-{n}" for n in range(4)]
POST_SECONDS = 100
"""How long what is posted takes, and a bell: until within the second life."""
LATER = ManualClock().now() + timedelta(seconds=61)
"""When the second life begins."""
TICKS = 40
KEPT = 30
"""Entries that retention leaves: more than any workflow with keys has, fewer than ticks."""


class Ticker(Workflow):
    """Has a long history, most of which is trimmed; takes each tick once, by its number."""

    workflow_name = "faults-ticker"

    ticking = State(initial=True)
    tick = ticking.to.itself(internal=True)

    class Context:
        last: int = 0
        total: int = 0

    def on_tick(self, n: int) -> None:
        if n > self.context.last:
            self.context.last = n
            self.context.total += 1


class Purse(Account):
    """An account that can send money to arrive later."""

    workflow_name = "faults-purse"

    post = Account.open.to.itself(internal=True)

    def on_post(self, to: str, amount: int, name: str) -> None:
        self.context.balance -= amount
        self.context.keys.append(name)
        self.context.sent.append(name)
        self.tell(to, Account.receive, after=POST_SECONDS, amount=amount, name=name)


class Bell(Workflow):
    """Has timers, and cancels one."""

    workflow_name = "faults-bell"

    hanging = State(initial=True)
    wind = hanging.to.itself(internal=True)
    hush = hanging.to.itself(internal=True)
    ring = hanging.to.itself(internal=True)

    class Context:
        rung: list[str] = []

    def on_wind(self, name: str) -> None:
        self.timers.start(name, event="ring", data={"name": name}, after=POST_SECONDS)

    def on_hush(self, name: str) -> None:
        self.timers.cancel(name)

    def on_ring(self, name: str) -> None:
        self.context.rung.append(name)


class Draft(Workflow):
    """Is changed, taken back and copied."""

    workflow_name = "faults-draft"

    writing = State(initial=True)
    spoilt = State(final=True)
    revise = writing.to.itself(internal=True)
    spoil = writing.to(spoilt)

    class Context:
        words: list[str] = []

    def on_revise(self, word: str) -> None:
        self.context.words.append(word)

    def on_spoil(self) -> None:
        self.context.words.clear()
        raise ValueError("ink")


@dataclass(frozen=True)
class Request:
    """One event with a key.

    Attributes:
        id: the workflow that gets it.
        event: its event.
        key: its idempotency key, which is also its name in an account's context.
        data: the event's data.
        twice: whether it is sent twice at once.
    """

    id: str
    event: str
    key: str
    data: dict[str, Any]
    twice: bool = False


Window = list[Request]
"""Requests that are sent together, before the first answer is waited for."""


def _windows(first: int, count: int) -> Iterator[Window]:
    choose = random.Random(first)
    number = first
    for _ in range(count):
        window = []
        for _ in range(choose.choice([1, 3, 6])):
            number += 1
            account = choose.choice(ACCOUNTS)
            data: dict[str, Any] = {"amount": 1, "name": str(number)}
            event = choose.choice(["put", "transfer"])
            if event == "transfer":
                data["to"] = choose.choice(ACCOUNTS)
            twice = choose.random() < 0.2
            window.append(Request(account, event, str(number), data, twice))
        yield window


FIRST_LIFE = list(_windows(100, 6))
SECOND_LIFE = list(_windows(200, 3))
POSTS = [
    Request(
        ACCOUNTS[n], "post", f"post-{n}", {"amount": 1, "name": f"post-{n}", "to": ACCOUNTS[n - 1]}
    )
    for n in range(2)
]
MONEY = [request for window in (*FIRST_LIFE, POSTS, *SECOND_LIFE) for request in window]
REVISIONS = [
    [Request("draft", "revise", f"draft-{n}", {"word": word})]
    for n, word in enumerate(["once", "upon", "a"])
]
BELLS = [
    [Request("bell", "wind", f"wind-{name}", {"name": name}) for name in "abc"],
    [Request("bell", "hush", "hush-b", {"name": "b"})],
]
SPOILT = Request("draft", "spoil", "draft-spoilt", {})

Note = Callable[[str, Any], None]
"""Is told what happens, as it happens: "sent" or "acknowledged", and what."""


def nobody(what: str, of: Any) -> None:
    """Note nothing."""


def run(system: ActorSystem, clock: ManualClock, note: Note = nobody) -> None:
    """Do all of it, or, on a store on which some of it was done before, the rest."""
    first_half(system, clock, note)
    second_half(system, clock, note)


def first_half(system: ActorSystem, clock: ManualClock, note: Note = nobody) -> None:
    for id in ACCOUNTS:
        start(system, Purse, id, note)
    start(system, Draft, "draft", note)
    start(system, Ticker, "ticker", note)
    start(system, Bell, "bell", note)
    for window in (*FIRST_LIFE[:3], POSTS, *REVISIONS, *BELLS):
        send(system, window, note)
    note("sent", ("key", "draft", "draft-spoilt"))
    try:
        system.get("draft").ask(SPOILT.event, key=SPOILT.key)
    except HandlerFailed:
        note("acknowledged", ("key", "draft", "draft-spoilt"))
    tick(system, 1, TICKS // 2, note)
    take_back(system, note)
    for window in FIRST_LIFE[3:]:
        send(system, window, note)
    scrap(system, note)
    tick(system, TICKS // 2 + 1, TICKS, note)
    clock.advance(61)  # history is trimmed
    system.settle()


def second_half(system: ActorSystem, clock: ManualClock, note: Note = nobody) -> None:
    fork(system, note)
    for window in SECOND_LIFE:
        send(system, window, note)
    note("sent", ("due", "all"))
    clock.advance(61)
    system.settle()


def start(system: ActorSystem, workflow: type[Workflow], id: str, note: Note) -> None:
    note("sent", ("id", id))
    try:
        system.start(workflow, id=id)
    except WorkflowExists:
        pass
    note("acknowledged", ("id", id))


def send(system: ActorSystem, window: Window, note: Note) -> None:
    pending = []
    for request in window:
        note("sent", ("key", request.id, request.key))
        ref = system.get(request.id)
        for _ in range(1 + request.twice):
            answer = ref.ask(request.event, request.data, key=request.key, block=False)
            pending.append((request, answer))
    for request, answer in pending:
        answer.get(timeout=60)
        note("acknowledged", ("key", request.id, request.key))


def tick(system: ActorSystem, first: int, last: int, note: Note) -> None:
    ref = system.get("ticker")
    note("sent", ("ticks", last))
    answers = [ref.ask(Ticker.tick, n=n, block=False) for n in range(first, last + 1)]
    for n, answer in enumerate(answers, first):
        answer.get(timeout=60)
        note("acknowledged", ("ticks", n))


def take_back(system: ActorSystem, note: Note) -> None:
    note("sent", ("key", "draft", "draft-back"))
    system.get("draft").rollback(key="draft-back")
    note("acknowledged", ("key", "draft", "draft-back"))


def scrap(system: ActorSystem, note: Note) -> None:
    """Start a workflow and remove it; again, if that was done before, and to the same end."""
    note("sent", ("id", "scrap"))
    try:
        system.start(Draft, id="scrap")
    except WorkflowExists:
        pass
    note("sent", ("removal", "scrap"))
    try:
        system.remove("scrap")
    except WorkflowNotFound:
        pass
    note("acknowledged", ("removal", "scrap"))


def fork(system: ActorSystem, note: Note) -> None:
    note("sent", ("id", "copy"))
    try:
        system.get("draft").fork(at=3, id="copy")
    except WorkflowExists:
        pass
    note("acknowledged", ("id", "copy"))


def opened(
    path: Path, clock: ManualClock, *, synchronous: Any = "FULL", checkpoint: int = 1000
) -> ActorSystem:
    """Return a system that is open.

    Arguments:
        path: the store.
        clock: its clock.
        synchronous: SQLite's setting.
        checkpoint: after how many pages SQLite moves its log into the database.
    """
    system = ActorSystem(
        path,
        clock=clock,
        retention=Retention(count=KEPT),
        trim_every=60,
        synchronous=synchronous,
        max_active=3,  # fewer than there are: they come and go
    )
    system.open()
    # Far less than the 1,000 pages of SQLite's own choice, so that it happens several times.
    store: Any = system._services.store
    with store._writing().transaction() as connection:  # in turn with what the system writes
        connection.execute(f"PRAGMA wal_autocheckpoint = {checkpoint}")
    return system


class Ear:
    """A durable subscriber that notes what it was told."""

    def __init__(self, note: Note) -> None:
        self._note = note

    def __call__(self, committed: Committed) -> None:
        self._note("told", (committed.position.record, committed.entry))


def record(path: Path, note: Note, *, synchronous: Any = "FULL") -> None:
    """Run the two lives of the scenario on a new store, with a durable subscription."""
    for half, clock in ((first_half, ManualClock()), (second_half, ManualClock(LATER))):
        system = opened(path, clock, synchronous=synchronous, checkpoint=60)
        try:
            system.subscribe(Ear(note), durable="ear", from_start=True)
            half(system, clock, note)
        finally:
            system.close()
