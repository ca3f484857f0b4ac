"""The event loop on which a runtime's async handlers run."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from . import ending, failing
from .context import Handling, here
from .errors import RuntimeClosedError
from .future import answer
from .threads import ActorThread

if TYPE_CHECKING:
    from .envelope import Envelope
    from .mailbox import Mailbox

logger = logging.getLogger("repertory.actors.runtime")

Begun = Callable[[asyncio.Task[None]], object]
"""Told of the task that a coroutine has become."""


class HandlerLoop:
    """One event loop in one thread, started by the first async handler.

    Args:
        name: the name of the thread.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._lock = threading.RLock()
        self._closed = False
        self._told_to_stop = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._stops: set[asyncio.Task[None]] = set()
        self._handlings: set[Handling] = set()

    def _get(self) -> asyncio.AbstractEventLoop:
        loop = self._loop
        if loop is None:
            with self._lock:
                loop = self._loop
                if loop is None:
                    loop = asyncio.new_event_loop()
                    self._thread = ActorThread(
                        target=self._serve, args=(loop,), name=self.name, daemon=True
                    )
                    self._thread.start()
                    self._loop = loop
        return loop

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        here.serves_loop = True
        asyncio.set_event_loop(loop)
        try:
            while not self._told_to_stop:
                self._guard(loop.run_forever)
            for work in (
                self._wind_up,
                loop.shutdown_asyncgens,
                loop.shutdown_default_executor,
            ):
                last = loop.create_task(work())
                while not last.done():
                    self._guard(partial(loop.run_until_complete, last))
        finally:
            loop.close()

    def _guard(self, run: Callable[[], object]) -> None:
        """Run the loop; asyncio lets a `SystemExit` of any task end it, and with it all actors."""
        try:
            run()
        except (SystemExit, KeyboardInterrupt):
            logger.exception(
                "A task on the event loop %s raised this; the loop goes on.", self.name
            )

    def _stop_loop(self) -> None:
        self._told_to_stop = True
        asyncio.get_running_loop().stop()

    async def _wind_up(self) -> None:
        """Break off the handlers that are left, and then their tasks; let `on_stop` finish."""
        # One that is cancelled before its first step would not even answer.
        await asyncio.sleep(0)
        for task in self._tasks - self._stops:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        # What handlers began and nobody has awaited, as `asyncio.run` does it.
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for other in left:
            other.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    @property
    def under_way(self) -> list[Handling]:
        """The handlers that have begun and not ended."""
        return [one for one in tuple(self._handlings) if not one.over]

    def is_here(self) -> bool:
        """Whether the current thread is the loop's."""
        return threading.current_thread() is self._thread

    def run(
        self, mailbox: Mailbox, envelope: Envelope[Any] | None, handler: Coroutine[Any, Any, Any]
    ) -> None:
        """Run a handler to its end; the mailbox stays taken until then.

        Args:
            mailbox: the actor's; the caller hands its turn over.
            envelope: what is handled, `None` for `on_start`.
            handler: the coroutine that the handler returned.
        """
        handling = Handling(mailbox, envelope)
        if not self._submit(self._finish(handling, handler), handling):
            handler.close()
            self._failed(mailbox, self._closed_error(mailbox), envelope)

    def run_stop(
        self, mailbox: Mailbox, envelope: Envelope[Any] | None, on_stop: Coroutine[Any, Any, Any]
    ) -> None:
        """Run an `on_stop` to its end, and end the actor with it.

        Args:
            mailbox: the actor's, closed already; the caller hands its turn over.
            envelope: the stop; `None` if the caller ends the actor itself.
            on_stop: the coroutine that the hook returned.
        """
        handling = Handling(mailbox, envelope)
        if not self._submit(self._stop(handling, on_stop), handling, stops=True):
            on_stop.close()
            ending.hook_failed(mailbox, self._closed_error(mailbox))
            self._end(mailbox, envelope)

    def _closed_error(self, mailbox: Mailbox) -> RuntimeClosedError:
        return RuntimeClosedError(
            f"The event loop {self.name} has ended: {mailbox.name} can't run async code."
        )

    def _submit(
        self, work: Coroutine[Any, Any, None], handling: Handling, stops: bool = False
    ) -> bool:
        with self._lock:
            # What is submitted before the loop is told to stop is begun before it does.
            if not self._closed:
                self._get().call_soon_threadsafe(self._begin, work, handling, stops)
                return True
        work.close()
        return False

    def spawn(self, works: Sequence[tuple[Begun, Coroutine[Any, Any, None]]]) -> bool:
        """Run coroutines that belong to no actor; say whether the loop takes them.

        Args:
            works: each with a function that is called with its task, on the loop, before it runs.
        """
        with self._lock:
            if not self._closed:
                self._get().call_soon_threadsafe(self._begin_all, works)
                return True
        for _, work in works:
            work.close()
        return False

    def _begin_all(self, works: Sequence[tuple[Begun, Coroutine[Any, Any, None]]]) -> None:
        for begun, work in works:
            task = asyncio.get_running_loop().create_task(work)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            begun(task)

    def _begin(self, work: Coroutine[Any, Any, None], handling: Handling, stops: bool) -> None:
        # The context is a copy of its own, made for this call; the task gets a copy of it.
        handling.begin()
        self._handlings.add(handling)
        task = handling.task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: self._handlings.discard(handling))
        if stops:
            self._stops.add(task)
            task.add_done_callback(self._stops.discard)

    async def _finish(self, handling: Handling, handler: Coroutine[Any, Any, Any]) -> None:
        mailbox, envelope = handling.mailbox, handling.envelope
        try:
            result = await handler
        except BaseException as error:
            handling.end()
            self._failed(mailbox, error, envelope)
            return
        handling.end()
        if envelope is not None and envelope.reply_to is not None:
            answer(envelope.reply_to, result)
        self._give_back(mailbox)

    def _failed(
        self, mailbox: Mailbox, error: BaseException, envelope: Envelope[Any] | None
    ) -> None:
        if not failing.failed(mailbox, error, envelope, must_stop=envelope is None):
            self._give_back(mailbox)

    def _give_back(self, mailbox: Mailbox) -> None:
        mailbox.current = None
        if mailbox.on_idle is not None:
            mailbox.on_idle()
        if mailbox.closed:
            ending.end(mailbox)
        else:
            mailbox.release()

    async def _stop(self, handling: Handling, on_stop: Coroutine[Any, Any, Any]) -> None:
        try:
            await on_stop
        except BaseException as error:
            ending.hook_failed(handling.mailbox, error)
        handling.end()
        self._end(handling.mailbox, handling.envelope)

    def _end(self, mailbox: Mailbox, envelope: Envelope[Any] | None) -> None:
        if envelope is not None:
            if envelope.reply_to is not None:
                answer(envelope.reply_to, None)
            ending.end(mailbox)

    def close(self, timeout: float | None = None) -> bool:
        """Cancel what still runs and end the thread; say whether it ended in time."""
        with self._lock:
            loop, thread = self._loop, self._thread
            if loop is not None and not self._closed:
                loop.call_soon_threadsafe(self._stop_loop)
            self._closed = True
        if thread is None:
            return True
        thread.join(timeout)
        return not thread.is_alive()
