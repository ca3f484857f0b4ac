"""Rings of async handlers are found, also through the tasks and threads that these start."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from repertory.actors.runtime import AskRingError, PooledActor, PooledFuture, Runtime

from .actors import Echo


class Async(PooledActor):
    """Awaits what it is sent, called with itself."""

    stop_on_failure = False

    async def on_receive(self, message: Callable[[Any], Any]) -> Any:
        return await message(self)


async def fine(_: Any) -> str:
    return "fine"


async def in_a_task(future: Any) -> Any:
    return await asyncio.ensure_future(_await(future))


async def gathered(future: Any) -> Any:
    return await asyncio.gather(_await(future), asyncio.sleep(0))


async def in_a_group(future: Any) -> None:
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_await(future))
    except* AskRingError as errors:
        raise errors.exceptions[0] from None


async def in_a_thread(future: Any) -> Any:
    return await asyncio.to_thread(future.get)


async def mapped(future: Any) -> Any:
    return await future.map(str)


async def joined(future: Any) -> Any:
    return await future.join(future)


async def _await(future: Any) -> Any:
    return await future


WAYS = [_await, in_a_task, gathered, in_a_group, in_a_thread, mapped, joined]


@pytest.mark.parametrize("wait", WAYS)
def test_a_ring_is_found_however_the_handler_waits(
    runtime: Runtime, wait: Callable[[Any], Any]
) -> None:
    one, two = runtime.start(Async), runtime.start(Async)

    async def back(_: Any) -> Any:
        return await wait(one.ask(fine, block=False))

    async def out(_: Any) -> Any:
        return await wait(two.ask(back, block=False))

    with pytest.raises(AskRingError) as caught:
        one.ask(out, timeout=20)
    assert sorted(caught.value.ring) == sorted([str(one), str(two)])
    assert [ref.ask(fine, timeout=20) for ref in (one, two)] == ["fine"] * 2


def test_a_ring_through_one_of_several_awaited_answers_is_found(runtime: Runtime) -> None:
    one, two, slow = (runtime.start(Async) for _ in range(3))
    release: PooledFuture[None] = PooledFuture()

    async def wait(_: Any) -> None:
        await release

    async def back(_: Any) -> Any:
        return await one.ask(fine, block=False)

    asked: PooledFuture[Any] = PooledFuture()

    async def out(_: Any) -> Any:
        asked.set(two.ask(back, block=False))
        # The one that is begun last would hide the other, if there were room for one only.
        return await asyncio.gather(
            asked.get(), slow.ask(wait, block=False), return_exceptions=True
        )

    answer = one.ask(out, block=False)
    with pytest.raises(AskRingError):
        asked.get(timeout=20).get(timeout=20)
    assert not answer.done
    release.set(None)
    assert isinstance(answer.get(timeout=20)[0], AskRingError)


def test_a_task_that_outlives_its_handler_may_ask_its_actor(runtime: Runtime) -> None:
    ref = runtime.start(Async)
    told: PooledFuture[Any] = PooledFuture()
    left: set[Any] = set()

    async def ask() -> None:
        told.set(await ref.ask(fine, block=False))

    async def leave(_: Any) -> None:
        left.add(asyncio.ensure_future(ask()))

    ref.ask(leave, timeout=20)
    assert told.get(timeout=20) == "fine"


def test_a_thread_of_a_handler_may_ask_others(runtime: Runtime) -> None:
    ref, echo = runtime.start(Async), runtime.start(Echo)

    async def ask(_: Any) -> Any:
        return await asyncio.to_thread(lambda: (echo.ask(1), echo.ask(2, timeout=20)))

    assert ref.ask(ask, timeout=20) == (1, 2)
