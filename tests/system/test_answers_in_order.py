"""An answer overtakes none that was asked for before, and a class may be told more later on."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event

import pytest
from repertory.actors import ActorSystem, State, Workflow
from repertory.actors.errors import (
    InvalidTransition,
    RepertoryError,
    SerializationFailed,
    StoreError,
    UnknownEvent,
)
from repertory.persistence.codec import CodecError
from repertory.persistence.memory import MemoryStore
from repertory.persistence.records import Step

LONG = 30.0


class Door(Workflow):
    workflow_name = "in-order-door"
    shut = State(initial=True)
    ajar = State()
    knock = shut.to.itself(internal=True)
    open = shut.to(ajar)
    close = ajar.to(shut)

    def on_knock(self, loud: bool = False) -> None: ...


@contextmanager
def writer_kept_busy(system: ActorSystem) -> Iterator[None]:
    """Let nobody run the persistence actor."""
    mailbox = system._services.persistence.actor_inbox
    while not mailbox.take_free_turn():
        time.sleep(0)
    try:
        yield
    finally:
        mailbox.release()


def test_a_refusal_waits_for_the_repeated_key_before_it() -> None:
    store = MemoryStore()
    store.close = lambda: None  # type: ignore[method-assign]  # so that another system goes on with it
    with ActorSystem(store=store) as system:
        system.start(Door, id="d").ask("open", key="k")
    with ActorSystem(store=store) as system:
        door = system.get("d")
        order: list[str] = []
        with writer_kept_busy(system):
            repeated = door.ask("open", key="k", block=False)
            refused = door.ask("open", block=False)
            repeated.add_done_callback(lambda _: order.append("repeated"))
            refused.add_done_callback(lambda _: order.append("refused"))
            door._wake()  # behind the two
        assert repeated.get(timeout=LONG) is None
        with pytest.raises(InvalidTransition):
            refused.get(timeout=LONG)
        system.settle()
        assert order == ["repeated", "refused"]


class GatedStore(MemoryStore):
    """Holds each commit at its gate, and fails the first."""

    def __init__(self, *gates: Event) -> None:
        super().__init__()
        self.gates = [*gates]
        self.reached = Event()

    def commit(self, steps: Sequence[Step]) -> Sequence[RepertoryError | None]:
        if steps[0].entry.sequence == 1:
            return super().commit(steps)
        first, gate = len(self.gates) == 2, self.gates.pop(0)
        self.reached.set()
        assert gate.wait(LONG)
        if first:
            raise StoreError("The disk is full.")
        return super().commit(steps)


def test_a_refusal_waits_for_what_fails_before_it() -> None:
    gates = Event(), Event()
    store = GatedStore(*gates)
    with ActorSystem(store=store) as system:
        door = system.start(Door, id="d")
        first = door.ask("knock", block=False)
        assert store.reached.wait(LONG)
        store.reached.clear()
        later = [door.ask("knock", block=False) for _ in range(2)]
        waiting = system._services.persistence.actor_inbox.queue
        while len(waiting) < 2:
            time.sleep(0)
        gates[0].set()
        assert store.reached.wait(LONG)  # the first has failed, and the two are being looked at
        last = door.ask("close", block=False)
        while not last.done and not waiting:
            time.sleep(0)
        assert [future.done for future in (first, *later, last)] == [True, False, False, False]
        gates[1].set()
        for future in (first, *later):
            with pytest.raises(StoreError):
                future.get(timeout=LONG)
        with pytest.raises(InvalidTransition):
            last.get(timeout=LONG)


def test_what_a_class_is_told_after_its_definition_counts(
    system: ActorSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = system.start(Door, id="d")

    def check_data(data: bytes) -> None:
        raise CodecError("no")

    monkeypatch.setattr(Door, "check_data", check_data)
    with pytest.raises(SerializationFailed, match="can't be kept: no"):
        door.ask("knock", loud=True)
    monkeypatch.undo()

    def check_step(self: Door, event: str, answer: object) -> None:
        raise ValueError("not like this")

    monkeypatch.setattr(Door, "check_step", check_step)
    with pytest.raises(Exception, match="not like this"):
        door.ask("knock")
    monkeypatch.undo()
    monkeypatch.setattr(Door, "public_events", lambda: frozenset({"open", "close"}))
    with pytest.raises(UnknownEvent):
        door.ask("knock")
    door.ask("open")
