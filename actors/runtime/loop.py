"""The event loop on which a runtime's async handlers run."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from . import execution
from .context import here, tasks

if TYPE_CHECKING:
    from pykka._envelope import Envelope

    from .mailbox import Mailbox


class HandlerLoop:
    """One event loop in one thread, started by the first async handler.

    Args:
        name: the name of the thread.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.RLock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def _get(self) -> asyncio.AbstractEventLoop:
        loop = self._loop
        if loop is None:
            with self._lock:
                loop = self._loop
                if loop is None:
                    loop = asyncio.new_event_loop()
                    self._thread = threading.Thread(
                        target=self._serve, args=(loop,), name=self._name, daemon=True
                    )
                    self._thread.start()
                    self._loop = loop
        return loop

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        here.serves_loop = True
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
            for task in self._tasks:
                task.cancel()
            if self._tasks:
                loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            loop.close()

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
        self._get().call_soon_threadsafe(
            self._begin, self._finish(mailbox, envelope, handler), mailbox
        )

    def run_detached(self, mailbox: Mailbox, handler: Coroutine[Any, Any, Any]) -> None:
        """Run the `on_stop` of an actor that is closed already."""
        self._get().call_soon_threadsafe(self._begin, self._stop(mailbox, handler), mailbox)

    def _begin(self, work: Coroutine[Any, Any, None], mailbox: Mailbox) -> None:
        task = asyncio.get_running_loop().create_task(work)
        tasks[task] = mailbox
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _finish(
        self, mailbox: Mailbox, envelope: Envelope[Any] | None, handler: Coroutine[Any, Any, Any]
    ) -> None:
        try:
            result = await handler
        except BaseException as error:
            if execution.failed(mailbox, error, envelope, must_stop=envelope is None):
                return
        else:
            if envelope is not None and envelope.reply_to is not None:
                execution.answer(envelope.reply_to, result)
        mailbox.current = None
        if mailbox.on_idle is not None:
            mailbox.on_idle()
        if mailbox.closed:
            execution.end(mailbox)
        else:
            mailbox.release()

    async def _stop(self, mailbox: Mailbox, handler: Coroutine[Any, Any, Any]) -> None:
        try:
            await handler
        except Exception as error:
            execution.hook_failed(mailbox, error)

    def close(self, timeout: float | None = None) -> bool:
        """Cancel what still runs and end the thread; say whether it ended in time."""
        with self._lock:
            loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return True
        try:
            loop.call_soon_threadsafe(loop.stop)
        except RuntimeError:
            return True  # It is closed already.
        thread.join(timeout)
        return not thread.is_alive()
