"""What must hold of a store after a crash, whatever was going on."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from queue import Queue
from typing import Any

from repertory.actors import ActorSystem
from repertory.actors.events import Committed
from repertory.actors.runtime import ManualClock
from repertory.persistence.records import Entry, WorkflowRecord

from .scenario import (
    ACCOUNTS,
    KEPT,
    LATER,
    MONEY,
    POST_SECONDS,
    POSTS,
    TICKS,
    Bell,
    Purse,
    opened,
    run,
)

Notes = Sequence[tuple[str, Any]]
"""What was seen before the crash: what had been sent, acknowledged and told."""


def recovered(path: Path, notes: Notes, *, to_the_end: bool = True, durable: bool = True) -> int:
    """Open what a crash has left, and check it against what was seen before.

    Arguments:
        path: the store.
        notes: what was seen.
        to_the_end: whether the sender then repeats all of its requests.
        durable: whether what was acknowledged must be there.

    Returns:
        how many keys were acknowledged and are gone.
    """
    clock = ManualClock(LATER)
    system = opened(path, clock, synchronous="OFF")
    try:
        assert system.verify() == []
        keys = keys_in(system)
        missing = of("acknowledged", "key", notes) - keys
        if durable:
            assert not missing, f"acknowledged and gone: {missing}"
            acknowledged_is_there(system, notes)
            told_is_durable(system, notes)
        nothing_else_is_there(system, notes, keys)
        system.settle()
        each_stands_where_its_history_leads(system)
        if ("sent", ("due", "all")) not in notes:
            nothing_has_come_early(system)
        clock.advance(POST_SECONDS)
        system.settle()
        money_is_conserved(system)
        the_rest_is_told(system, notes)
        if to_the_end:
            run(system, clock)
            money_is_conserved(system)
            all_was_done_once(system)
            each_bell_has_rung_once(system, hushed=("bell", "hush-b") in keys)
        assert system.verify() == []
    finally:
        system.close()
    return len(missing)


def each_stands_where_its_history_leads(system: ActorSystem) -> None:
    """Check what is taken up again from the last checkpoint against the history as it is read."""
    for record in system.list():
        ref = system.get(record.id)
        snapshot, (last,) = ref.snapshot(), ref.history(last=1)
        assert dataclasses.asdict(snapshot.context) == last.context
        assert (snapshot.sequence, snapshot.configuration) == (last.sequence, last.target)


def keys_in(system: ActorSystem) -> set[tuple[str, str]]:
    """Return each key that is in the history, with its workflow."""
    return {(row.id, entry.key) for row, entry in committed(system) if entry.key is not None}


def committed(system: ActorSystem) -> list[tuple[WorkflowRecord, Entry]]:
    return system._services.store.committed(after=0, first=10_000)


def of(what: str, kind: str, notes: Notes) -> set[Any]:
    """Return what was `sent`, `acknowledged` or `told`, of one kind."""
    return {about[1:] for name, about in notes if name == what and about[0] == kind}


def acknowledged_is_there(system: ActorSystem, notes: Notes) -> None:
    ids = {record.id for record in system.list()}
    for (id,) in of("acknowledged", "id", notes):
        assert id in ids, f"{id} was started and is gone"
    gone: set[str] = set()
    for what, about in notes:
        if (what, about[0]) == ("acknowledged", "removal"):
            gone.add(about[1])
        elif (what, about[0]) == ("sent", "id"):
            gone.discard(about[1])
    assert not gone & ids, f"removed and back: {gone & ids}"
    if ticks := of("acknowledged", "ticks", notes):
        assert system.get("ticker").context.last >= max(n for (n,) in ticks)


def nothing_else_is_there(system: ActorSystem, notes: Notes, keys: set[tuple[str, str]]) -> None:
    sent = of("sent", "key", notes)
    assert keys <= sent, f"never sent: {keys - sent}"
    ids = {record.id for record in system.list()}
    assert ids <= {id for (id,) in of("sent", "id", notes)}
    if "ticker" in ids:
        last = system.get("ticker").context.last
        assert last <= max((n for (n,) in of("sent", "ticks", notes)), default=0)


def told_is_durable(system: ActorSystem, notes: Notes) -> None:
    """Whatever a subscriber was told is in the history, word for word, or was trimmed since."""
    removed = {id for (id,) in of("sent", "removal", notes)}
    there = {entry.id: entry for _, entry in committed(system)}
    told = [about for what, about in notes if what == "told"]
    assert [entry.id for _, entry in told] == sorted({entry.id for _, entry in told})
    rows = {record.number: record for record in system.list()}
    for row, entry in told:
        if row.number not in rows:
            assert row.id in removed, f"{row.id} was told of and is gone"
        elif entry.sequence >= rows[row.number].first_sequence:
            assert there.get(entry.id) == entry, f"of {row.id} something else was told"


def nothing_has_come_early(system: ActorSystem) -> None:
    posted = {request.key for request in POSTS}
    for record in system.list(Purse):
        assert not posted & set(system.get(record.id).context.received)
    for record in system.list(Bell):
        assert system.get(record.id).context.rung == []


def money_is_conserved(system: ActorSystem) -> None:
    """Each transfer has left one account and reached another, once."""
    assert list(system.messages()) == list(system.messages(dead=True)) == []
    keys: list[str] = []
    sent: list[str] = []
    received: list[str] = []
    balance = 0
    for record in system.list(Purse):
        context = system.get(record.id).context
        keys += context.keys
        sent += context.sent
        received += context.received
        balance += context.balance
        history = [entry.key for entry in system.get(record.id).history() if entry.key]
        assert context.keys == history, "each key has taken effect once, in order"
    assert balance == len(keys) - len(sent)
    assert sorted(sent) == sorted(received)


def the_rest_is_told(system: ActorSystem, notes: Notes) -> None:
    """The durable subscription goes on behind its cursor, and its cursor is behind what it told."""
    told = {entry.id for what, (*_, entry) in notes if what == "told"}
    cursor = system.subscriptions().get("ear")
    there = [entry.id for _, entry in committed(system)]
    if cursor is not None:
        passed = [id for id in there if id <= cursor]
        assert set(passed) <= told, "the cursor is past what was never told"
    expected = [id for id in there if id > (cursor or 0)]
    heard: Queue[Committed] = Queue()
    end = system.subscribe(heard.put, durable="ear", from_start=True)
    assert [heard.get(timeout=60).entry.id for _ in expected] == expected
    end()
    assert heard.empty()


def each_bell_has_rung_once(system: ActorSystem, *, hushed: bool) -> None:
    """Check it; one that was to be hushed may have rung if the crash came before that."""
    rung = system.get("bell").context.rung
    assert sorted(rung) in ([["a", "c"]] if hushed else [["a", "c"], ["a", "b", "c"]])


def all_was_done_once(system: ActorSystem) -> None:
    """Check that the sender, who has repeated everything, has what it would have had at once."""
    contexts = {id: system.get(id).context for id in ACCOUNTS}
    for id, context in contexts.items():
        mine = [request for request in MONEY if request.id == id]
        moved = [request for request in MONEY if "to" in request.data]
        assert sorted(context.keys) == sorted(request.key for request in mine)
        assert sorted(context.received) == sorted(r.key for r in moved if r.data["to"] == id)
    ticker = system.get("ticker")
    assert (ticker.context.last, ticker.context.total) == (TICKS, TICKS)
    assert len(ticker.history()) == KEPT
    assert system.get("draft").context.words == ["once", "upon"]
    assert system.get("copy").context.words == ["once", "upon"]
    assert {record.id for record in system.list()} == {
        *(*ACCOUNTS, "draft", "copy", "ticker", "bell")
    }
