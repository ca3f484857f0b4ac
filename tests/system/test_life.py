"""A system is opened and closed once, whoever else tries, and also when somebody has enough."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from repertory.actors import ActorSystem, RepertoryError, State, Workflow, closing
from repertory.actors.errors import SystemStopped
from repertory.actors.messages import Wake
from repertory.actors.supervisor import Stop

from .charts import Order, Tally

LONG = 20.0
"""Seconds after which a test calls what it waits for lost."""


class Stuck(Workflow):
    """Has an action that does not end before the test lets it."""

    here = State(initial=True)
    hang = here.to.itself(internal=True)
    hang_async = here.to.itself(internal=True)

    reached = threading.Event()
    opened = threading.Event()

    def on_hang(self) -> None:
        self.reached.set()
        assert self.opened.wait(LONG)

    async def on_hang_async(self) -> None:
        await asyncio.to_thread(self.on_hang)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(closing, "BROKEN_OFF_SECONDS", 0.01)
    Stuck.reached.clear()
    Stuck.opened.clear()
    yield
    Stuck.opened.set()


class Restless(Workflow):
    """Sends itself one more event at each, so that there always is one waiting."""

    here = State(initial=True)
    go = here.to.itself(internal=True)

    class Context:
        count: int = 0

    system: ActorSystem
    halt = threading.Event()

    def on_go(self, number: int) -> int:
        assert number == self.context.count  # nothing is lost, and nothing overtakes
        self.context.count += 1
        if not self.halt.is_set():
            try:
                self.system.get(self.workflow_id).tell(Restless.go, number=number + 1)
            except SystemStopped:
                pass
        return self.context.count


def test_of_many_threads_that_open_a_system_one_does(path: Path | None) -> None:
    system = ActorSystem(path, name="once")
    together = threading.Barrier(4)

    def opens(_: int) -> str:
        together.wait(LONG)
        try:
            system.open()
        except RepertoryError as error:
            return str(error)
        return "opened"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(opens, range(4)))
    assert outcomes == ["The system 'once' is open already."] * 3 + ["opened"]
    assert system.start(Tally, id="t").ask("add", n=1) == 1
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: system.close(), range(4)))
    assert [t.name for t in threading.enumerate() if t.name.startswith("once")] == []


@pytest.mark.parametrize("event", ["hang", "hang_async"])
def test_ctrl_c_ends_an_ask_whose_action_does_not_return_and_the_system(event: str) -> None:
    asked: list[Any] = []

    def interrupt() -> None:
        assert Stuck.reached.wait(LONG)
        mailbox = system._services.activations.find("s").ref.actor_inbox
        while mailbox.empty():
            pass  # The ask is not there yet.
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    with pytest.raises(KeyboardInterrupt), ActorSystem() as system:
        stuck = system.start(Stuck, id="s")
        asked.append(stuck.ask(event, block=False))
        threading.Thread(target=interrupt).start()
        stuck.ask(event)
    assert not Stuck.opened.is_set()
    Stuck.opened.set()
    with pytest.raises(SystemStopped):
        asked[0].get(timeout=LONG)


def test_a_cancelled_task_leaves_a_system_whose_action_does_not_return() -> None:
    async def serve() -> None:
        async with ActorSystem() as system:
            stuck = await system.start_async(Stuck, id="s")
            await stuck.ask_async("hang")

    async def main() -> None:
        task = asyncio.ensure_future(serve())
        await asyncio.to_thread(Stuck.reached.wait, LONG)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not Stuck.opened.is_set()

    asyncio.run(main())


@pytest.mark.parametrize("how", ["stop", "close"])
def test_a_workflow_that_always_has_something_to_do_leaves_all_the_same(
    path: Path | None, how: str
) -> None:
    Restless.halt.clear()
    system = Restless.system = ActorSystem(path, synchronous="OFF").open()
    restless = system.start(Restless, id="r")
    restless.tell(Restless.go, number=0)
    if how == "stop":
        before = system._services.activations.find("r")
        for _ in range(3):
            system.stop("r", timeout=LONG)
        assert system._services.activations.find("r") is not before
        Restless.halt.set()
        system.settle(timeout=LONG)
        assert len(restless.history()) == 1 + restless.context.count
        assert not [e for e in restless.history() if e.error]
    system.close()
    Restless.halt.set()


def test_what_was_asked_after_a_stop_is_answered_by_the_next_activation_in_order(
    path: Path | None,
) -> None:
    with ActorSystem(path, synchronous="OFF") as system:
        tally = system.start(Tally, id="t")
        first = system._services.activations.find("t")
        mailbox = first.ref.actor_inbox
        # The turn is taken, as while it handles something: all that is sent now waits.
        while not mailbox.take_turn():
            pass
        stopped = system._services.supervisor.ask(Stop("t"), block=False)
        system._services.supervisor.ask(Wake())
        asked = [tally.ask("add", n=1, block=False) for _ in range(5)]
        mailbox.release()
        assert stopped.get(timeout=LONG) is None
        assert [answer.get(timeout=LONG) for answer in asked] == [1, 2, 3, 4, 5]
        assert system._services.activations.find("t") is not first


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_system_is_closed_in_a_forked_child_and_goes_on_in_its_parent(tmp_path: Path) -> None:
    with ActorSystem(tmp_path / "orders.db") as system:
        order = system.start(Order, id="order-7", context={"total": 30})
        said, says = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                order.ask("pay", amount=30)
            except SystemStopped as error:
                os.write(says, str(error).encode())
            system.close()
            os._exit(0)
        os.close(says)
        with os.fdopen(said, "rb") as heard:
            assert b"the process from which this one was forked" in heard.read()
        os.waitpid(child, 0)
        order.ask("pay", amount=30)
        assert system.verify() == []
