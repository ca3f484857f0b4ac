"""Looking into a running system: its actors, and what its threads are at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from .waiting import awaits

if TYPE_CHECKING:
    from .ref import PooledRef
    from .runtime import Runtime


@dataclass(frozen=True, slots=True)
class ActorInfo:
    """One live actor.

    Attributes:
        ref: the actor.
        waiting: how many messages are in its mailbox.
        stashed: how many it has set aside.
        running: whether it handles one, or is about to.
        asking: the actor that it waits for, if it does.
        parent: its parent, if it is supervised.
        children: its children, oldest first.
        name: what it calls itself.
        restarts: how often a new instance took its place.
    """

    ref: PooledRef[Any]
    waiting: int
    stashed: int
    running: bool
    asking: PooledRef[Any] | None
    parent: PooledRef[Any] | None
    children: tuple[PooledRef[Any], ...]
    name: str
    restarts: int


def inspect(runtime: Runtime) -> list[ActorInfo]:
    """Return what each live actor is at, in the order of their start.

    Nothing is stopped for it, so it is a picture of more than one moment.
    """
    infos = []
    for ref in cast("list[PooledRef[Any]]", list(runtime.registry.values())):
        mailbox = ref.actor_inbox
        asked = [link.worker for link in awaits(mailbox) if link.worker is not None]
        infos.append(
            ActorInfo(
                ref=ref,
                waiting=len(mailbox.queue),
                stashed=mailbox.stashed,
                running=mailbox.is_taken(),
                asking=asked[0].ref if asked else None,
                parent=None if mailbox.parent is None else mailbox.parent.parent.ref,
                children=tuple(
                    () if mailbox.children is None else cast("Any", mailbox.children.refs)
                ),
                name=mailbox.name,
                restarts=mailbox.restarts,
            )
        )
    return infos
