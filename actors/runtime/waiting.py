"""Waiting for a future: help whoever must answer, look for rings, then block."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

from .context import here, tasks
from .errors import BLOCKED_LOOP, AskRingError, BlockedLoopError

if TYPE_CHECKING:
    from .future import PooledFuture
    from .mailbox import Mailbox

FIRST_RING_CHECK, LAST_RING_CHECK = 0.01, 0.5
"""After how many seconds a blocked handler first looks for a ring that closed behind its back,
and the longest pause between looks; each pause is twice the one before."""


def _pauses() -> Iterator[float]:
    pause = FIRST_RING_CHECK
    while True:
        yield pause
        pause = min(2 * pause, LAST_RING_CHECK)


def wait(future: PooledFuture[Any], timeout: float | None) -> bool:
    """Wait until `future` is done; say whether it is.

    Args:
        future: what to wait for.
        timeout: seconds, or `None` to wait for ever.

    Raises:
        AskRingError: the current handler would wait for itself.
        BlockedLoopError: the wait would block every async handler.
    """
    if here.serves_loop:
        raise BlockedLoopError(BLOCKED_LOOP)
    here.leave_following()
    waiter = here.mailbox
    if waiter is None:
        return _help(future, timeout) or _block(future, timeout)
    outer = waiter.waits_for
    # Others follow this edge when they look for a ring; one with a timeout ends by itself.
    waiter.waits_for = future if timeout is None else None
    try:
        find_ring(waiter, future)
        return _help(future, timeout) or _block_in_handler(waiter, future, timeout)
    finally:
        waiter.waits_for = outer


def _help(future: PooledFuture[Any], timeout: float | None) -> bool:
    """Run whoever the future waits on, as long as that brings it further."""
    worker = future.worker
    while not future._done and worker is not None:
        # A handler can't be broken off when the time is up, so it is left to other threads.
        if timeout is not None or not worker.try_run(future):
            return worker.dispatcher.drive(future)
        worker = future.worker
    return future._done


def _block(future: PooledFuture[Any], timeout: float | None) -> bool:
    gate = threading.Lock()
    gate.acquire()

    def open_gate(_: object) -> None:
        gate.release()

    future.add_done_callback(open_gate)
    try:
        return gate.acquire(timeout=-1 if timeout is None else max(0.0, timeout)) or future._done
    finally:
        if not future._done:
            future.remove_done_callback(open_gate)


def _block_in_handler(waiter: Mailbox, future: PooledFuture[Any], timeout: float | None) -> bool:
    """Block, while the pool gets another worker in place of this one."""
    dispatcher = here.dispatcher
    deadline = None if timeout is None else time.monotonic() + timeout
    if dispatcher is not None:
        dispatcher.enter_blocking()
    pauses = _pauses()
    try:
        while True:
            pause = next(pauses)
            left = pause if deadline is None else min(pause, deadline - time.monotonic())
            if _block(future, left):
                return True
            if deadline is not None and time.monotonic() >= deadline:
                return False
            find_ring(waiter, future)
    finally:
        if dispatcher is not None:
            dispatcher.leave_blocking()


def find_ring(waiter: Mailbox, future: PooledFuture[Any]) -> None:
    """Raise if `waiter`, by waiting for `future`, waits for itself.

    Each waiter first draws its own edge and then looks, so whoever comes last sees the ring.
    """
    ring = [waiter]
    link: PooledFuture[Any] | None = future
    while link is not None and not link._done:
        mailbox = link.worker
        if mailbox is None:
            return
        if mailbox is waiter:
            raise AskRingError([member.name for member in ring])
        if mailbox in ring:
            return
        ring.append(mailbox)
        link = mailbox.waits_for


def wait_async(future: PooledFuture[Any]) -> Generator[Any, None, None]:
    """Wait until `future` is done without blocking the running event loop.

    Raises:
        AskRingError: the current handler would wait for itself.
    """
    loop = asyncio.get_running_loop()
    woken: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not woken.done():
            woken.set_result(None)

    def done(_: object) -> None:
        try:
            loop.call_soon_threadsafe(wake)
        except RuntimeError:
            pass  # The loop was closed, and the waiter with it.

    task = asyncio.current_task()
    waiter = None if task is None else tasks.get(task)
    future.add_done_callback(done)
    try:
        if waiter is None:
            yield from woken
        else:
            yield from _wait_in_handler(waiter, future, woken)
    finally:
        future.remove_done_callback(done)


def _wait_in_handler(
    waiter: Mailbox, future: PooledFuture[Any], woken: asyncio.Future[None]
) -> Generator[Any, None, None]:
    """Wait for `woken`, and look now and then for a ring that closed meanwhile."""
    loop = asyncio.get_running_loop()
    pauses = _pauses()
    timers: list[asyncio.TimerHandle] = []

    def look() -> None:
        timers[:] = [loop.call_later(next(pauses), look)]
        try:
            find_ring(waiter, future)
        except AskRingError as error:
            if not woken.done():
                woken.set_exception(error)

    outer, waiter.waits_for = waiter.waits_for, future
    timers.append(loop.call_later(next(pauses), look))
    try:
        find_ring(waiter, future)
        yield from woken
    finally:
        timers[0].cancel()
        waiter.waits_for = outer
