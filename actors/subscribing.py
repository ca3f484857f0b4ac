"""Opening durable subscriptions, and ending them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pykka import ActorDeadError

from ..persistence.errors import RepertoryError
from .durable_subscription import DurableSubscriber, Finish
from .messages import Write
from .notifications import Committed, Interest, Look
from .runtime import Envelope, PooledFuture, PooledRef
from .runtime.context import here
from .services import Services
from .waiting import ask_and_wait


def open_subscription(
    services: Services,
    name: str,
    interest: Interest,
    callback: Callable[[Committed], Any],
    from_start: bool,
) -> Callable[[], None]:
    """Go on with a durable subscription, or make it.

    Arguments:
        services: the system's.
        name: its name.
        interest: which steps are told.
        callback: whom they are told.
        from_start: whether a new one begins with the oldest entry that is kept, not with the next.

    Returns:
        what ends it for now when it is called.

    Raises:
        RepertoryError: it is open already.
        StoreError: its cursor could not be written.
    """
    if not name:
        raise RepertoryError("A durable subscription has a name; give it one.")
    durable, store = services.notifications.durable, services.store

    def begin() -> PooledRef[Any]:
        # In the one writer's turn: nothing is committed between looking and being there to look.
        if name in durable:
            raise RepertoryError(
                f"The subscription {name!r} is open already; end it first, or choose another name."
            )
        cursor = store.cursors().get(name)
        if cursor is None:
            first, last = store.entry_range()
            cursor = first - 1 if from_start else last
        store.move_cursor(name, cursor)
        ref = services.runtime.start(DurableSubscriber, services, name, cursor, interest, callback)
        durable[name] = ref
        return ref

    ref: PooledRef[Any] = ask_and_wait(services.persistence, Write(begin))
    ref.tell(Look())

    def end() -> None:
        if durable.get(name) is ref:
            finished = finish(ref)
            # Within a callback it can't wait for that callback to end.
            if here.mailbox is None and not here.serves_loop:
                finished.get()
            durable.pop(name, None)
            ref.stop(block=False)

    return end


def finish(ref: PooledRef[Any]) -> PooledFuture[None]:
    """Have a subscriber tell no more after what it is telling now; the future is set then."""
    finished: PooledFuture[None] = PooledFuture()
    try:
        ref.actor_inbox.put(Envelope(Finish(), reply_to=finished))
    except ActorDeadError:
        finished.set(None)
    return finished


def forget(services: Services, name: str) -> bool:
    """Remove a durable subscription with its cursor, and tell whether there was one.

    Raises:
        RepertoryError: it is open.
    """
    if name in services.notifications.durable:
        raise RepertoryError(f"The subscription {name!r} is open; end it before it is forgotten.")
    remove = Write(lambda: services.store.remove_cursor(name))
    return bool(ask_and_wait(services.persistence, remove))


def finish_all(services: Services, left: Callable[[], float | None]) -> None:
    """Have every durable subscriber finish, for as long as there is time."""
    for finished in [finish(ref) for ref in services.notifications.durable.values()]:
        with suppress(Exception):  # too late: what it was telling will be told again
            finished.get(timeout=left())
