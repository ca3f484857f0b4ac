"""Ctrl-C, wherever it comes, leaves nobody waiting, no workflow behind, and the store in order."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pykka import Timeout
from repertory.actors import ActorSystem, State, Workflow, WorkflowRef
from repertory.actors.errors import InvalidTransition, StoreError

from .interrupting import KNOWN, Interrupt

LONG = 20.0
OTHERS = 2

pytestmark = [
    pytest.mark.skipif(not KNOWN, reason="It is known for Python 3.11 where a Ctrl-C may come."),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


class Counted(Workflow):
    workflow_name = "interrupted-counted"
    here = State(initial=True)
    gone = State()
    add = here.to.itself(internal=True)
    go = here.to(gone)
    back = gone.to(here)

    class Context:
        count: int = 0

    def on_add(self) -> int:
        self.context.count += 1
        return self.context.count


@pytest.fixture
def system(tmp_path: Path) -> Iterator[ActorSystem]:
    with ActorSystem(tmp_path / "store.db", synchronous="OFF") as system:
        yield system


def at_each_place(
    prepare: Callable[[int], Callable[[], Any]], check: Callable[[int, str, Any], None]
) -> None:
    """Do a thing again and again, each time with a Ctrl-C a place later, until it ends before."""
    for place in itertools.count(1):
        run = prepare(place)
        interrupt = Interrupt(place)
        came = interrupt.within(run)
        if not interrupt.where:
            assert place > 20, "it was not even interrupted"
            return
        assert isinstance(came, KeyboardInterrupt), f"{came!r}, and no Ctrl-C, at {interrupt.where}"
        check(place, interrupt.where, came)


def goes_on(workflow: WorkflowRef, where: str) -> None:
    """Another event is taken, at the second time at the latest: one step may have been undone."""
    for last in (False, True):
        try:
            try:
                count = workflow.ask("add", block=False).get(timeout=LONG)
            except Timeout:
                raise AssertionError(where) from None
        except StoreError:
            assert not last, where
        else:
            assert workflow.context.count == count == len(workflow.history()) - 1, where
            return


@pytest.mark.parametrize("kind", ["ask", "send", "first", "refused", "repeated"])
def test_of_what_is_asked(system: ActorSystem, kind: str) -> None:
    other = system.start(Counted, id="other")

    def prepare(place: int) -> Callable[[], Any]:
        workflow = system.start(Counted, id=f"w{place}")
        if kind == "refused":

            def refused() -> None:
                with pytest.raises(InvalidTransition):
                    workflow.ask("back")

            return refused
        if kind == "first":
            system.stop(workflow.id)  # it has to be brought into memory
        if kind == "send":
            return lambda: workflow.ask("add", block=False)
        if kind == "repeated":
            workflow.ask("add", key="k")
            return lambda: workflow.ask("add", key="k")
        workflow.ask("add")
        return lambda: workflow.ask("add")

    def check(place: int, where: str, came: Any) -> None:
        goes_on(system.get(f"w{place}"), where)
        goes_on(other, where)

    at_each_place(prepare, check)
    assert system.verify() == []


@contextmanager
def kept_busy(mailbox: Any) -> Iterator[None]:
    while not mailbox.take_free_turn():
        time.sleep(0)
    try:
        yield
    finally:
        mailbox._turn.append(None)  # and nobody sees to what has come meanwhile


def test_of_a_commit_that_is_others_too(system: ActorSystem) -> None:
    others = [system.start(Counted, id=f"other-{n}") for n in range(OTHERS)]
    writer = system._services.persistence.actor_inbox
    waiting: list[Any] = []

    def prepare(place: int) -> Callable[[], Any]:
        workflow = system.start(Counted, id=f"w{place}")
        with kept_busy(writer):
            waiting[:] = [one.ask("add", block=False) for one in others]
            while len(writer.queue) < OTHERS:
                time.sleep(0)
        return lambda: workflow.ask("add")

    def check(place: int, where: str, came: Any) -> None:
        goes_on(system.get(f"w{place}"), where)
        for one, future in zip(others, waiting, strict=True):
            try:
                future.get(timeout=LONG)
            except StoreError:
                pass
            goes_on(one, where)

    at_each_place(prepare, check)
    assert system.verify() == []
