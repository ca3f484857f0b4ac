"""Messages of the runtime itself; they overtake all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .actor import PooledActor
    from .children import GroupRestart
    from .future import PooledFuture


class SystemWork(tuple[()]):
    """Stands in a queue for a message of the runtime, which waits in a queue of its own."""

    __slots__ = ()


SYSTEM_WORK = SystemWork()


class Halt(NamedTuple):
    """Tells a child to hold still: a sibling's restart takes it along."""

    group: GroupRestart


class StopNow(NamedTuple):
    """Tells an actor to stop before it handles what waits."""

    reply_to: PooledFuture[Any]


class Stillborn(NamedTuple):
    """Tells an actor that its new instance could not be made.

    In its mailbox, since a restart may follow and fail too, again and again: each from the
    pool, not one inside the other.
    """

    actor: PooledActor
    error: BaseException


class Escalated(NamedTuple):
    """Tells a parent that it has failed, because a child did once too often."""

    error: BaseException
