"""xoscar: actors of one process, which its event loop runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import xoscar

from benchmarks.savina.role import START, Role


class Ref:
    """An actor's ref with a `tell` that need not be awaited, as xoscar's has begun by then.

    xoscar starts actors asynchronously: until one is there its messages wait here.
    """

    __slots__ = ("target", "tell", "waiting")

    def __init__(self) -> None:
        self.target: Any = None
        self.waiting: list[Any] = []
        self.tell: Callable[[Any], object] = self.waiting.append

    def reach(self, target: Any) -> None:
        """Send to an actor, from now on at once."""
        self.target = target
        send = target.receive.tell

        def tell(message: Any) -> None:
            # Its task is made; what is left to await is a turn of the loop.
            send(message).close()

        for message in self.waiting:
            tell(message)
        self.tell = tell


async def ask(ref: Ref, message: Any) -> Any:
    """Ask an actor and wait for the answer."""
    while ref.target is None:
        await asyncio.sleep(0)
    return await ref.target.receive(message)


class XoscarPool:
    """Plays benchmarks on a pool without processes beside the main one."""

    def __init__(self) -> None:
        self.native = cache(self._native)
        self.tasks: set[asyncio.Task[Any]] = set()

    def _native(self, role: type[Role]) -> type[Any]:
        stage = self

        def init(actor: Any, me: Ref, args: Any, kwargs: Any) -> None:
            actor.me, actor.arguments = me, (args, kwargs)

        async def post_create(actor: Any) -> None:
            actor.me.reach(actor.ref())
            args, kwargs = actor.arguments
            actor.setup(*args, **kwargs)

        def leave(actor: Any) -> None:
            stage.keep(xoscar.destroy_actor(actor.ref()))

        def receive(actor: Any, message: Any) -> Any:
            try:
                return role.receive(actor, message)
            except Exception as error:
                stage.failed(error)
                raise

        async def receive_awaiting(actor: Any, message: Any) -> Any:
            try:
                return await role.receive_awaiting(actor, message)
            except Exception as error:
                stage.failed(error)
                raise

        given = {
            "__init__": init,
            "__post_create__": post_create,
            # An error in what was told is heard of by nobody.
            "receive": receive_awaiting if role.awaits else receive,
            "spawn": staticmethod(self.spawn),
            "leave": leave,
            "ask": staticmethod(ask),
            "finish": staticmethod(self.finish),
        }
        return type(role.__name__, (role, xoscar.Actor), given)

    def keep(self, work: Any) -> None:
        """Run a coroutine, and hear of it if it fails."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and task.exception():
            self.failed(task.exception())

    def spawn(self, role: type[Role], *args: Any, **kwargs: Any) -> Ref:
        ref = Ref()
        self.keep(xoscar.create_actor(self.native(role), ref, args, kwargs, address=self.address))
        return ref

    def failed(self, error: Any) -> None:
        if not self.done.done():
            self.done.set_exception(error)

    def finish(self, result: Any) -> None:
        if not self.done.done():
            self.done.set_result(result)

    def play(self, main: type[Role], sizes: dict[str, int]) -> tuple[float, Any]:
        """Run a benchmark; return the seconds and the result."""
        return asyncio.run(self._play(main, sizes))

    async def _play(self, main: type[Role], sizes: dict[str, int]) -> tuple[float, Any]:
        self.done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        pool = await xoscar.create_actor_pool("127.0.0.1", n_process=0)
        async with pool:
            self.address = pool.external_address
            began = time.perf_counter()
            self.spawn(main, **sizes).tell(START)
            result = await self.done
            return time.perf_counter() - began, result

    def close(self) -> None:
        """Do nothing: the pool ended with its loop."""
