"""What a system does when its store can't be written: it goes on, or it stops."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from repertory.actors import ActorSystem, State, Workflow
from repertory.actors.errors import StoreError, StoreFenced, SystemStopped
from repertory.actors.events import StoreFailed

from .charts import Tally
from .faulty import FaultyStore

LONG = 15.0


class Effect(Workflow):
    """Leaves a trace outside when it runs."""

    here = State(initial=True)
    act = here.to.itself(internal=True)

    ran: list[int] = []
    hold = threading.Event()
    began = threading.Event()

    def on_act(self, n: int) -> None:
        if n == 0:
            self.began.set()
            assert self.hold.wait(LONG)
        self.ran.append(n)


def heard_by(system: ActorSystem) -> tuple[list[StoreFailed], threading.Event]:
    told: list[StoreFailed] = []
    first = threading.Event()

    def tell(event: StoreFailed) -> None:
        told.append(event)
        first.set()

    system.events.subscribe(tell, StoreFailed)
    return told, first


def test_by_default_it_goes_on_and_tells_of_each_failure() -> None:
    store = FaultyStore()
    with ActorSystem(store=store) as system:
        told, _ = heard_by(system)
        tally = system.start(Tally, id="t")
        store.broken = True
        for _ in range(2):
            with pytest.raises(StoreError, match="disk is full"):
                tally.ask("add", n=1)
        store.broken = False
        assert tally.ask("add", n=2) == 2
    assert [(str(event.error), event.stops) for event in told] == [("The disk is full.", False)] * 2


def test_one_that_stops_fails_all_that_is_under_way_and_takes_no_more() -> None:
    store = FaultyStore()
    Effect.ran.clear()
    Effect.hold.clear()
    Effect.began.clear()
    with ActorSystem(store=store, on_store_error="stop") as system:
        told, failed = heard_by(system)
        tally, effect = system.start(Tally, id="t"), system.start(Effect, id="e")
        assert tally.ask("add", n=1) == 1
        waits = [effect.ask("act", n=n, block=False) for n in range(3)]
        assert Effect.began.wait(LONG)
        store.hold()
        store.broken = True
        futures = [tally.ask("add", n=1, block=False) for _ in range(5)]
        store.release()
        for future in futures:
            with pytest.raises(StoreError, match="disk is full"):
                future.get(timeout=LONG)
        assert failed.wait(LONG)
        Effect.hold.set()
        for future in waits:
            with pytest.raises(StoreError, match="disk is full"):
                future.get(timeout=LONG)
        with pytest.raises((StoreError, SystemStopped)):
            tally.ask("add", n=1)
        with pytest.raises((StoreError, SystemStopped)):
            system.start(Tally)
        store.broken = False
        with pytest.raises((StoreError, SystemStopped)):
            tally.tell("add", n=1)
    assert Effect.ran == [0], "what could not be written is not begun"
    assert [event.stops for event in told] == [True]
    assert not [t for t in threading.enumerate() if t.name.startswith("repertory-closing")]
    with ActorSystem(store=store) as system:
        assert system.verify() == []
        assert system.get("t").context.total == 1


def test_one_that_has_stopped_can_be_opened_again() -> None:
    store = FaultyStore()
    system = ActorSystem(store=store, on_store_error="stop").open()
    tally = system.start(Tally, id="t")
    store.broken = True
    with pytest.raises(StoreError):
        tally.ask("add", n=1)
    system.close()
    store.broken = False
    with system:
        assert system.get("t").ask("add", n=1) == 1


@pytest.mark.parametrize("policy", ["continue", "stop"])
def test_a_store_that_was_taken_over_stops_the_system(file: Path, policy: Any) -> None:
    with ActorSystem(file, on_store_error=policy) as system:
        told, _ = heard_by(system)
        tally = system.start(Tally, id="t")
        with closing(sqlite3.connect(file)) as other:
            other.execute("UPDATE store SET epoch = epoch + 1")
            other.commit()
        with pytest.raises(StoreFenced, match="taken over"):
            tally.ask("add", n=1)
        with pytest.raises((StoreError, SystemStopped)):
            while True:
                tally.ask("add", n=1)
        assert [type(event.error) for event in told] == [StoreFenced]
    assert told[0].stops


def test_only_two_ways_are_known() -> None:
    with pytest.raises(ValueError, match="on_store_error"):
        ActorSystem(on_store_error="panic")  # type: ignore[arg-type]
