"""Waiting for a future: help whoever must answer, look for rings, then block."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any, cast

from .context import handling, here
from .errors import BLOCKED_LOOP, AskRingError, BlockedLoopError

if TYPE_CHECKING:
    from .context import Handling
    from .future import PooledFuture
    from .mailbox import Mailbox

FIRST_RING_CHECK, LAST_RING_CHECK = 0.01, 0.5
"""After how many seconds a blocked handler first looks for a ring that closed behind its back,
and the longest pause between looks; each pause is twice the one before."""


LOOK_UP = 0.1
"""After how many seconds of waiting the main thread sees to signals. One that arrives just before
it begins to wait, and on Windows any, would not be seen before the wait ends."""


def _pauses() -> Iterator[float]:
    pause = FIRST_RING_CHECK
    while True:
        yield pause
        pause = min(2 * pause, LAST_RING_CHECK)


def check_may_wait() -> None:
    """Raise if to wait here would block every async handler: before anything is sent.

    Raises:
        BlockedLoopError: this is the thread of the event loop.
    """
    if here.serves_loop:
        raise BlockedLoopError(BLOCKED_LOOP)


def wait(future: PooledFuture[Any], timeout: float | None) -> bool:
    """Wait until `future` is done; say whether it is.

    Args:
        future: what to wait for.
        timeout: seconds, or `None` to wait for ever.

    Raises:
        AskRingError: the current handler would wait for itself.
        BlockedLoopError: the wait would block every async handler.
    """
    check_may_wait()
    here.note.leave_following()
    waiter = here.mailbox
    if waiter is None:
        part_of = handling()
        if part_of is None:
            return _help(future, timeout) or _block(future, timeout)
        return _wait_for_handler(part_of, future, timeout)
    outer = waiter.waits_for
    # Others follow this edge when they look for a ring; one with a timeout ends by itself.
    waiter.waits_for = future if timeout is None else None
    try:
        find_ring(waiter, future)
        return _help(future, timeout) or _block_in_handler(waiter, future, timeout)
    finally:
        waiter.waits_for = outer


def _wait_for_handler(part_of: Handling, future: PooledFuture[Any], timeout: float | None) -> bool:
    """Wait in a thread that an async handler has started, and that counts as part of it."""
    if timeout is None:
        part_of.waits_for.append(future)
    try:
        find_ring(part_of.mailbox, future)
        return _help(future, timeout) or _block_in_handler(part_of.mailbox, future, timeout)
    finally:
        if timeout is None:
            part_of.waits_for.remove(future)


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
        if threading.current_thread() is not threading.main_thread():
            left = -1 if timeout is None else max(0.0, timeout)
            return gate.acquire(timeout=left) or future._done
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        while not gate.acquire(timeout=max(0.0, min(LOOK_UP, deadline - time.monotonic()))):
            if time.monotonic() >= deadline:
                return future._done
        return True
    finally:
        if not future._done:
            future.remove_done_callback(open_gate)


def _block_in_handler(waiter: Mailbox, future: PooledFuture[Any], timeout: float | None) -> bool:
    """Block, while the pool gets another worker in place of this one."""
    dispatcher = None if here.blocks else here.dispatcher
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
    askers: dict[Mailbox, Mailbox] = {}
    links = [(waiter, future)]
    while links:
        asker, link = links.pop()
        if link._done:
            continue
        if link._sources:
            # Those of Pykka's own kind say nothing of who brings them.
            links += [(asker, cast("PooledFuture[Any]", s)) for s in link._sources if _links(s)]
            continue
        mailbox = link.worker
        if mailbox is waiter:
            ring = [asker]
            while ring[-1] is not waiter:
                ring.append(askers[ring[-1]])
            raise AskRingError([member.name for member in reversed(ring)])
        if mailbox is None or mailbox in askers:
            continue
        askers[mailbox] = asker
        links += [(mailbox, awaited) for awaited in awaits(mailbox)]


def _links(future: object) -> bool:
    return hasattr(future, "worker")


def awaits(mailbox: Mailbox) -> list[PooledFuture[Any]]:
    """Return what an actor's handler waits for: several, if it is async and waits in tasks."""
    awaited = [] if mailbox.waits_for is None else [mailbox.waits_for]
    under_way = mailbox.handling
    return awaited if under_way is None else [*awaited, *under_way.waits_for]


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

    part_of = handling()
    future.add_done_callback(done)
    try:
        if part_of is None:
            yield from woken
        else:
            yield from _await_in_handler(part_of, future, woken)
    finally:
        future.remove_done_callback(done)


def _await_in_handler(
    part_of: Handling, future: PooledFuture[Any], woken: asyncio.Future[None]
) -> Generator[Any, None, None]:
    """Wait for `woken`, and look now and then for a ring that closed meanwhile."""
    loop = asyncio.get_running_loop()
    pauses = _pauses()
    timers: list[asyncio.TimerHandle] = []

    def look() -> None:
        timers[:] = [loop.call_later(next(pauses), look)]
        try:
            find_ring(part_of.mailbox, future)
        except AskRingError as error:
            if not woken.done():
                woken.set_exception(error)

    part_of.waits_for.append(future)
    timers.append(loop.call_later(next(pauses), look))
    try:
        find_ring(part_of.mailbox, future)
        yield from woken
    finally:
        timers[0].cancel()
        part_of.waits_for.remove(future)
