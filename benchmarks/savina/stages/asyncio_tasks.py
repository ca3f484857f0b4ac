"""Plain asyncio: a task with a queue is an actor, and the least that one could be made of."""

from __future__ import annotations

import asyncio
import time
from functools import cache
from typing import Any, NamedTuple

from benchmarks.savina.outside.asyncio_tasks import FromOutside
from benchmarks.savina.role import START, Role


class Inbox(asyncio.Queue[Any]):
    """An actor's queue, which is its ref too."""

    tell = asyncio.Queue.put_nowait


class Asked(NamedTuple):
    """A message that somebody waits for an answer to."""

    message: Any
    reply: asyncio.Future[Any]


async def serve(actor: Any, inbox: Inbox) -> None:
    """Be an actor that is only told things."""
    receive, get = actor.receive, inbox.get
    while actor.stays:
        receive(await get())


async def serve_asked(actor: Any, inbox: Inbox) -> None:
    """Be an actor that is asked and asks, too."""
    receive, get = actor.receive_awaiting, inbox.get
    while actor.stays:
        message = await get()
        if message.__class__ is Asked:
            message.reply.set_result(await receive(message.message))
        else:
            await receive(message)


async def ask(inbox: Inbox, message: Any) -> Any:
    """Ask an actor and wait for the answer."""
    reply = asyncio.get_running_loop().create_future()
    inbox.put_nowait(Asked(message, reply))
    return await reply


class AsyncioTasks:
    """Plays benchmarks in an event loop of their own."""

    outside = FromOutside()

    def __init__(self) -> None:
        self.native = cache(self._native)
        self.tasks: set[asyncio.Task[None]] = set()

    def _native(self, role: type[Role]) -> type[Any]:
        def leave(actor: Any) -> None:
            actor.stays = False

        given = {
            "stays": True,
            "spawn": self.spawn,
            "leave": leave,
            "finish": self.finish,
            "ask": staticmethod(ask),
        }
        return type(role.__name__, (role,), given)

    def spawn(self, role: type[Role], *args: Any, **kwargs: Any) -> Inbox:
        actor = self.native(role)()
        inbox = actor.me = Inbox()
        actor.setup(*args, **kwargs)
        task = self.loop.create_task((serve_asked if role.answers else serve)(actor, inbox))
        # The loop knows its tasks weakly: somebody has to hold them.
        self.tasks.add(task)
        task.add_done_callback(self._ended)
        return inbox

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and task.exception() and not self.done.done():
            self.done.set_exception(task.exception())

    def finish(self, result: Any) -> None:
        self.done.set_result(result)

    def play(self, main: type[Role], sizes: dict[str, int]) -> tuple[float, Any]:
        """Run a benchmark; return the seconds and the result."""
        return asyncio.run(self._play(main, sizes))

    async def _play(self, main: type[Role], sizes: dict[str, int]) -> tuple[float, Any]:
        self.loop = asyncio.get_running_loop()
        self.done: asyncio.Future[Any] = self.loop.create_future()
        began = time.perf_counter()
        self.spawn(main, **sizes).tell(START)
        result = await self.done
        return time.perf_counter() - began, result

    def close(self) -> None:
        """Do nothing: the loop ended its tasks when it ended."""
