"""One event is one step: all of it or nothing, seen by nobody before it is durable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from repertory.actors import ActorSystem, RepertoryError, State, Workflow
from repertory.actors.errors import (
    HandlerFailed,
    InvalidTransition,
    SerializationFailed,
    StoreError,
)

from .charts import Order, Tally
from .faulty import FaultyStore


@pytest.fixture
def store() -> FaultyStore:
    return FaultyStore()


@pytest.fixture
def faulty(store: FaultyStore) -> Iterator[ActorSystem]:
    with ActorSystem(store=store) as system:
        yield system
        store.broken = False
        store.release()
    with ActorSystem(store=store) as system:
        assert system.verify() == []


def test_a_failing_action_changes_nothing_but_is_in_the_history(system: ActorSystem) -> None:
    order = system.start(Order, id="o", context={"total": 30})
    order.ask("pay", amount=10)
    with pytest.raises(HandlerFailed, match="ValueError: no such luck") as info:
        order.ask("spoil")
    assert (info.value.event, info.value.error_type) == ("spoil", "ValueError")
    assert isinstance(info.value.__cause__, ValueError)
    assert (order.state, order.context.received, order.context.notes) == ("basket", 10, [])
    failed = order.history(last=1)[0]
    assert (failed.kind, failed.source, failed.target) == ("failed", ("basket",), ("basket",))
    assert failed.error is not None and failed.error["type"] == "ValueError"
    assert order.ask("pay", amount=20) == 30


class Careless(Workflow):
    """Puts into its context what JSON can't keep, and returns what nobody can write."""

    here = State(initial=True)
    keep = here.to.itself(internal=True)
    give = here.to.itself(internal=True)
    stray = here.to.itself(internal=True)

    def on_keep(self, what: str) -> None:
        self.context["fine"] = True
        self.context["bad"] = {"object": object(), "nan": float("nan"), "set": {1}}[what]

    def on_give(self) -> object:
        self.context["given"] = True
        return object()

    def on_stray(self) -> None:
        self.scratch = getattr(self, "scratch", 0) + 1
        raise RuntimeError(str(self.scratch))


@pytest.mark.parametrize("what", ["object", "nan", "set"])
def test_a_context_that_json_cannot_keep_undoes_the_step(system: ActorSystem, what: str) -> None:
    careless = system.start(Careless, id="c")
    with pytest.raises(SerializationFailed, match="bad"):
        careless.ask("keep", what=what)
    assert careless.context == {}


def test_a_result_that_json_cannot_keep_undoes_the_step(system: ActorSystem) -> None:
    careless = system.start(Careless)
    with pytest.raises(SerializationFailed, match="object"):
        careless.ask("give")
    assert careless.context == {}


def test_event_data_that_json_cannot_keep_never_reaches_the_workflow(system: ActorSystem) -> None:
    careless = system.start(Careless)
    with pytest.raises(SerializationFailed, match="'keep'"):
        careless.ask("keep", what=object())
    with pytest.raises(SerializationFailed, match="'state'"):
        careless.ask("keep", what="set", state=1)
    assert len(careless.history()) == 1


def test_what_a_failed_step_left_on_the_instance_is_gone_too(system: ActorSystem) -> None:
    careless = system.start(Careless)
    for _ in range(2):
        with pytest.raises(HandlerFailed, match=r"RuntimeError: 1$"):
            careless.ask("stray")


class Stillborn(Workflow):
    """Fails while it is being created."""

    here = State(initial=True)
    stay = here.to.itself()

    def on_enter_here(self) -> None:
        if self.context.get("fail"):
            raise ValueError("not today")


def test_a_workflow_whose_creation_fails_does_not_exist(system: ActorSystem) -> None:
    with pytest.raises(HandlerFailed, match="not today"):
        system.start(Stillborn, id="s", context={"fail": True})
    assert system.list() == []
    assert system.start(Stillborn, id="s").state == "here"


def test_nobody_sees_a_step_before_it_is_durable(faulty: ActorSystem, store: FaultyStore) -> None:
    tally = faulty.start(Tally, id="t")
    store.hold()
    seen = []
    faulty.subscribe(seen.append, id="t")
    future = tally.ask("add", n=1, block=False)
    later = tally.ask("add", n=2, block=False)
    assert tally.context.total == 0
    assert not future.done and not seen
    store.release()
    assert (future.get(timeout=30), later.get(timeout=30)) == (1, 3)
    assert tally.context.total == 3


def test_a_workflow_goes_on_while_its_steps_are_being_written(
    faulty: ActorSystem, store: FaultyStore
) -> None:
    tally = faulty.start(Tally)
    store.hold()
    futures = [tally.ask("add", n=1, block=False) for _ in range(50)]
    before = len(store.batches)
    store.release()
    assert [future.get(timeout=30) for future in futures] == list(range(1, 51))
    assert len(store.batches) - before < 50, "what waited was written together"


def test_a_failed_commit_takes_back_every_step_in_flight(
    faulty: ActorSystem, store: FaultyStore
) -> None:
    tally, other = faulty.start(Tally, id="t"), faulty.start(Tally, id="u")
    tally.ask("add", n=1)
    store.hold()
    store.broken = True
    futures = [tally.ask("add", n=10, block=False) for _ in range(5)]
    futures += [other.ask("add", n=10, block=False)]
    store.release()
    for future in futures:
        with pytest.raises(StoreError):
            future.get(timeout=30)
    assert (tally.context.total, other.context.total) == (1, 0)
    store.broken = False
    assert (tally.ask("add", n=2), other.ask("add", n=2)) == (3, 2)
    assert [entry.event for entry in tally.history()] == ["__created__", "add", "add"]


def test_a_refusal_based_on_a_step_that_fails_to_commit_is_not_given(
    faulty: ActorSystem, store: FaultyStore
) -> None:
    order = faulty.start(Order, context={"total": 1})
    store.hold()
    store.broken = True
    paid = order.ask("pay", amount=1, block=False)
    refused = order.ask("pay", amount=1, block=False)  # in `paid` there is no `pay`
    store.release()
    for future in (paid, refused):
        with pytest.raises(StoreError):
            future.get(timeout=30)
    store.broken = False
    assert order.ask("pay", amount=1) == 1


def test_a_creation_that_cannot_be_written_is_an_error_and_leaves_nothing(
    faulty: ActorSystem, store: FaultyStore
) -> None:
    store.broken = True
    with pytest.raises(StoreError, match="disk is full"):
        faulty.start(Tally, id="t")
    store.broken = False
    assert faulty.list() == []
    assert faulty.start(Tally, id="t").ask("add", n=1) == 1


def test_a_repeated_key_gets_the_recorded_outcome_and_runs_nothing(system: ActorSystem) -> None:
    tally = system.start(Tally, id="t")
    assert [tally.ask("add", n=5, key="k") for _ in range(3)] == [5, 5, 5]
    system.stop("t")
    assert tally.ask("add", n=5, key="k") == 5
    assert tally.context.seen == [5]


def test_a_repeated_key_gets_the_recorded_failure_too(system: ActorSystem) -> None:
    order = system.start(Order, id="o", context={"total": 30})
    for stop in (False, False, True):
        if stop:
            system.stop("o")
        with pytest.raises(HandlerFailed, match="no such luck") as info:
            order.ask("spoil", key="k")
        assert info.value.error_type == "ValueError"
    for _ in range(2):
        with pytest.raises(InvalidTransition, match="can't take event 'ship'"):
            order.ask("ship", key="s", keep_refused=True)
    assert len(order.history()) == 3


def test_a_recorded_failure_says_that_it_is_one(system: ActorSystem) -> None:
    order = system.start(Order, id="o", context={"total": 30})
    notes = []
    for _ in range(2):
        with pytest.raises(HandlerFailed) as info:
            order.ask("spoil", key="k")
        notes.append(getattr(info.value, "__notes__", []))
    assert notes[0] == []
    assert notes[1] == [
        "This is the recorded outcome of key 'k', and nothing ran now; a new key tries anew."
    ]


def test_a_refusal_that_was_not_kept_does_not_use_up_its_key(system: ActorSystem) -> None:
    order = system.start(Order, context={"total": 1})
    with pytest.raises(InvalidTransition):
        order.ask("ship", key="s")
    order.ask("pay", amount=1)
    order.ask("ship", key="s")
    assert order.state == "shipped"


def test_a_key_whose_event_is_still_in_flight_counts_once(
    faulty: ActorSystem, store: FaultyStore
) -> None:
    tally = faulty.start(Tally)
    store.hold()
    futures = [tally.ask("add", n=5, key="k", block=False) for _ in range(10)]
    store.release()
    assert {future.get(timeout=30) for future in futures} == {5}
    assert tally.context.seen == [5]


def test_a_key_whose_commit_failed_may_be_used_again(
    faulty: ActorSystem, store: FaultyStore
) -> None:
    tally = faulty.start(Tally)
    store.hold()
    store.broken = True
    futures = [tally.ask("add", n=5, key="k", block=False) for _ in range(3)]
    store.release()
    for future in futures:
        with pytest.raises(RepertoryError):
            future.get(timeout=30)
    store.broken = False
    assert tally.ask("add", n=5, key="k") == 5


def test_subscribers_hear_of_committed_steps_in_order(path: Path | None) -> None:
    heard: list[tuple[str, int]] = []
    every: list[str] = []
    with ActorSystem(path) as system:
        cancel = system.subscribe(
            lambda c: heard.append((c.entry.event, c.position.record.sequence)), workflow=Tally
        )
        system.subscribe(lambda c: every.append(c.position.record.id), state="paid")
        tally = system.start(Tally, id="t")
        order = system.start(Order, id="o", context={"total": 1})
        for n in range(20):
            tally.ask("add", n=n)
        order.ask("pay", amount=1)
        cancel()
        tally.ask("add", n=1)
    assert heard == [("__created__", 1)] + [("add", n) for n in range(2, 22)]
    assert every == ["o"]
