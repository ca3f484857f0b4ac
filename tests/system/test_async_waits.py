"""Async actions that wait for each other, or block the loop, get an error and never hang."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from repertory.actors import ActorSystem, State, Workflow
from repertory.actors.errors import HandlerFailed
from repertory.actors.runtime import AskRingError, BlockedLoopError

from .charts import Tally

LONG = 20.0
"""Seconds after which a test calls what it waits for lost."""


class Awaits(Workflow):
    """Does what the test wants within two async actions, which the chart gathers into tasks."""

    here = State(initial=True)
    do = here.to.itself(internal=True, on=["act", "rest"])

    acts: dict[str, Callable[[Awaits], Any]] = {}

    async def act(self, act: str) -> Any:
        return await self.acts[act](self)

    async def rest(self) -> None:
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def no_acts() -> Iterator[None]:
    yield
    Awaits.acts.clear()


async def fine(_: Awaits) -> str:
    return "fine"


@pytest.mark.parametrize("size", [1, 2, 3])
def test_async_workflows_that_ask_each_other_are_told_of_the_ring(
    system: ActorSystem, size: int
) -> None:
    refs = [system.start(Awaits, id=f"w{number}") for number in range(size)]
    for number in range(size):
        following = refs[(number + 1) % size]
        act = "fine" if number + 1 == size else f"ask {number + 1}"

        async def ask(_: Awaits, ref: Any = following, act: str = act) -> Any:
            return await ref.ask_async("do", act=act)

        Awaits.acts[f"ask {number}"] = ask
    Awaits.acts["fine"] = fine
    future = refs[0].ask("do", act="ask 0", block=False)
    with pytest.raises(HandlerFailed, match="asks itself" if size == 1 else "waits for") as caught:
        future.get(timeout=LONG)
    root: BaseException | None = caught.value
    while root is not None and not isinstance(root, AskRingError):
        root = root.__cause__
    assert root is not None
    assert sorted(root.ring) == [f"workflow {ref.id}" for ref in refs]
    assert [ref.ask("do", act="fine", timeout=LONG) for ref in refs] == ["fine"] * size


@pytest.mark.parametrize(
    "what",
    [
        "ask",
        "rollback",
        "fork",
        "wait_for",
        "start",
        "stop",
        "remove",
        "settle",
        "import_",
        "subscribe",
        "forget",
    ],
)
def test_what_would_block_the_loop_is_refused_before_anything_is_sent(
    system: ActorSystem, what: str
) -> None:
    other = system.start(Tally, id="other")
    other.ask("add", n=1)
    document = system.export("other").replace(b'"other"', b'"copy"')
    waits: dict[str, Callable[[], Any]] = {
        "ask": lambda: other.ask("add", n=1),
        "rollback": other.rollback,
        "fork": lambda: other.fork(id="copy"),
        "wait_for": lambda: other.wait_for("open"),
        "start": lambda: system.start(Tally, id="copy"),
        "stop": lambda: system.stop("other"),
        "remove": lambda: system.remove("other"),
        "settle": system.settle,
        "import_": lambda: system.import_(document),
        "subscribe": lambda: system.subscribe(print, durable="d"),
        "forget": lambda: system.forget_subscription("d"),
    }

    async def act(_: Awaits) -> None:
        waits[what]()

    Awaits.acts["wait"] = act
    script = system.start(Awaits, id="s")
    with pytest.raises(HandlerFailed, match="await") as caught:
        script.ask("do", act="wait")
    assert isinstance(caught.value.__cause__, BlockedLoopError)
    system.settle()
    assert [record.id for record in system.list()] == ["other", "s"]
    assert [entry.event for entry in other.history()] == ["__created__", "add"]
    assert system.subscriptions() == {}
