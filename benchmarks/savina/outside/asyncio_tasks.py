"""The measurements from outside for asyncio: from a task that is no actor."""

from __future__ import annotations

import asyncio
import gc
import time
from typing import Any

from benchmarks.savina.measuring import resident_bytes


async def _echo(inbox: asyncio.Queue[Any]) -> None:
    while True:
        message, reply = await inbox.get()
        if message == "stop":
            return
        if reply is not None:
            reply.set_result(message)


class FromOutside:
    """Measures tasks with queues."""

    def ask(self, count: int) -> float:
        return asyncio.run(self._ask(count))

    async def _ask(self, count: int) -> float:
        loop = asyncio.get_running_loop()
        inbox: asyncio.Queue[Any] = asyncio.Queue()
        task = asyncio.create_task(_echo(inbox))
        began = time.perf_counter()
        for number in range(count):
            reply = loop.create_future()
            inbox.put_nowait((number, reply))
            if await reply != number:
                raise AssertionError("A wrong answer.")
        elapsed = time.perf_counter() - began
        task.cancel()
        return elapsed

    def tell(self, count: int) -> float:
        return asyncio.run(self._tell(count))

    async def _tell(self, count: int) -> float:
        inbox: asyncio.Queue[Any] = asyncio.Queue()
        task = asyncio.create_task(_echo(inbox))
        await asyncio.sleep(0)
        began = time.perf_counter()
        for number in range(count):
            inbox.put_nowait((number, None))
        inbox.put_nowait(("stop", None))
        await task
        return time.perf_counter() - began

    def create(self, count: int) -> float:
        return asyncio.run(self._create(count))

    async def _create(self, count: int) -> float:
        began = time.perf_counter()
        inboxes: list[asyncio.Queue[Any]] = [asyncio.Queue() for _ in range(count)]
        tasks = [asyncio.create_task(_echo(inbox)) for inbox in inboxes]
        for inbox in inboxes:
            inbox.put_nowait((None, None))
        for inbox in inboxes:
            inbox.put_nowait(("stop", None))
        await asyncio.gather(*tasks)
        return time.perf_counter() - began

    def idle(self, count: int) -> dict[str, float]:
        return asyncio.run(self._idle(count))

    async def _idle(self, count: int) -> dict[str, float]:
        loop = asyncio.get_running_loop()
        gc.collect()
        before = resident_bytes()
        began = time.perf_counter()
        inboxes: list[asyncio.Queue[Any]] = [asyncio.Queue() for _ in range(count)]
        tasks = [asyncio.create_task(_echo(inbox)) for inbox in inboxes]
        for inbox in inboxes:
            inbox.put_nowait((None, None))
        for inbox in inboxes:
            reply = loop.create_future()
            inbox.put_nowait((None, reply))
            await reply
        elapsed = time.perf_counter() - began
        gc.collect()
        held = (resident_bytes() - before) / count
        for task in tasks:
            task.cancel()
        return {"seconds": elapsed, "bytes": held}
