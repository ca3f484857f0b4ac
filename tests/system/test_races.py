"""Whoever asks is answered: under failure, in rings, while things end, and in races."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest
from repertory.actors import (
    ActorSystem,
    HandlerFailed,
    State,
    StoreError,
    Workflow,
)
from repertory.actors.messages import Wake
from repertory.actors.supervisor import Remove, Stop
from repertory.persistence.records import Stored

from .faulty import FaultyStore

LONG = 20.0
"""Seconds after which a test calls what it waits for lost."""


class Store(FaultyStore):
    """One whose other operations can be interfered with, too."""

    def __init__(self) -> None:
        super().__init__()
        self.before_commit: Callable[[], None] = lambda: None
        self.before_remove: Callable[[], None] = lambda: None
        self.before_find: Callable[[], None] = lambda: None

    def commit(self, steps: Any) -> Any:
        self.before_commit()
        return super().commit(steps)

    def remove(self, workflow_id: str) -> bool:
        self.before_remove()
        return super().remove(workflow_id)

    def find(self, workflow_id: str) -> Any:
        self.before_find()
        return super().find(workflow_id)

    def load(self, workflow_id: str) -> Stored | None:
        return super().load(workflow_id)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def system(store: Store) -> Iterator[ActorSystem]:
    """A system whose end is bounded, so that a lost answer fails its test and not all of them."""
    running = ActorSystem(store=store, name="races").open()
    yield running
    store.broken = False
    store.release()
    running.close(timeout=LONG)
    with ActorSystem(store=store) as after:
        assert after.verify() == []


def aside(work: Callable[[], Any]) -> Future[Any]:
    """Do something in a thread of its own."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


class Script(Workflow):
    """Does what the test wants within its actions and guards."""

    here = State(initial=True)
    there = State()

    do = here.to.itself(internal=True)
    go = here.to(there)
    ask = there.to(here, cond="may")

    acts: dict[str, Callable[[Script], Any]] = {}

    def on_do(self, act: str) -> Any:
        self.context["began"] = act
        return self.acts[act](self)

    def may(self, act: str) -> bool:
        return bool(self.acts[act](self))


class AsyncScript(Workflow):
    """The same, with coroutines."""

    here = State(initial=True)
    do = here.to.itself(internal=True)

    acts: dict[str, Callable[[AsyncScript], Any]] = {}

    async def on_do(self, act: str) -> Any:
        self.context["began"] = act
        return await self.acts[act](self)


@pytest.fixture(autouse=True)
def no_acts() -> Iterator[None]:
    yield
    Script.acts.clear()
    AsyncScript.acts.clear()


# --- what an action raises that is no Exception ---


@pytest.mark.parametrize("raised", [SystemExit, KeyboardInterrupt, asyncio.CancelledError])
def test_whatever_an_action_raises_undoes_the_step_and_answers(
    system: ActorSystem, raised: type[BaseException]
) -> None:
    script = system.start(Script, id="s")

    def act(_: Script) -> None:
        raise raised

    Script.acts["exit"] = act
    Script.acts["fine"] = lambda _: "fine"
    # With two in the mailbox, the second one must neither be lost nor see what the first one left.
    first, second = (script.ask("do", act=act, block=False) for act in ("exit", "fine"))
    with pytest.raises(HandlerFailed, match=raised.__name__):
        first.get(timeout=LONG)
    assert second.get(timeout=LONG) == "fine"
    kinds = [(entry.kind, entry.context) for entry in script.history()]
    failed = [] if raised is KeyboardInterrupt else [("failed", {})]  # that one has not failed
    assert kinds == [("created", {}), *failed, ("step", {"began": "fine"})]


def test_an_async_action_that_is_cancelled_undoes_the_step_and_answers(
    system: ActorSystem,
) -> None:
    script = system.start(AsyncScript, id="s")

    async def act(_: AsyncScript) -> None:
        inner = asyncio.ensure_future(asyncio.Event().wait())
        asyncio.get_running_loop().call_soon(inner.cancel)
        await inner

    AsyncScript.acts["cancel"] = act
    future = script.ask("do", act="cancel", block=False)
    with pytest.raises(HandlerFailed, match="CancelledError"):
        future.get(timeout=LONG)
    assert script.context == {}


def test_a_start_whose_entry_action_exits_is_answered(system: ActorSystem) -> None:
    class Exits(Workflow):
        here = State(initial=True)
        stay = here.to.itself()

        def on_enter_here(self) -> None:
            raise SystemExit(3)

    started = aside(lambda: system.start(Exits, id="e"))
    with pytest.raises(HandlerFailed, match="SystemExit"):
        started.result(timeout=LONG)
    assert system.list() == []


# --- positions that were never durable ---


def test_a_refusal_in_a_state_that_failed_to_commit_is_not_given(
    system: ActorSystem, store: Store
) -> None:
    script = system.start(Script, id="s")
    entered, gate = threading.Event(), threading.Event()

    def block(_: Script) -> bool:
        entered.set()
        assert gate.wait(LONG)
        return False

    Script.acts["block"] = block
    store.hold()
    store.broken = True
    gone = script.ask("go", block=False)
    refused = script.ask("ask", act="block", block=False)
    assert entered.wait(LONG)
    store.release()
    with pytest.raises(StoreError):
        gone.get(timeout=LONG)
    gate.set()  # its guard says no in `there`, where the workflow never was
    with pytest.raises(StoreError):
        refused.get(timeout=LONG)
    store.broken = False
    assert script.state == "here"


def test_a_rollback_does_not_go_on_from_a_state_that_failed_to_commit(
    system: ActorSystem, store: Store
) -> None:
    script = system.start(Script, id="s")
    Script.acts["no"] = lambda _: False
    store.hold()
    store.broken = True
    gone = script.ask("go", block=False)
    back = aside(script.rollback)
    store.release()
    for future in (gone.get, back.result):
        with pytest.raises(StoreError, match="disk is full"):
            future(timeout=LONG)


@pytest.mark.parametrize("end", ["stop", "remove"])
def test_a_step_that_cannot_be_written_does_not_keep_a_workflow_from_its_end(
    system: ActorSystem, store: Store, end: str
) -> None:
    script = system.start(Script, id="s")
    gate = threading.Event()
    Script.acts["wait"] = lambda _: gate.wait(LONG)
    store.hold()
    store.broken = True
    waits = script.ask("do", act="wait", block=False)
    gone = script.ask("go", block=False)
    supervisor = system._services.supervisor
    ended = supervisor.ask({"stop": Stop, "remove": Remove}[end]("s"), block=False)
    supervisor.ask(Wake())  # so the workflow has been told, behind those two
    gate.set()
    store.release()
    for future in (waits, gone):
        with pytest.raises(StoreError):
            future.get(timeout=LONG)
    ended.get(timeout=LONG)
    assert [record.id for record in system.list()] == ([] if end == "remove" else ["s"])
