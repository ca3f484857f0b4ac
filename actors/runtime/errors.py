"""What can go wrong in the runtime itself."""

from __future__ import annotations

from ...persistence.errors import RepertoryError


class ActorRuntimeError(RepertoryError):
    """The base of the runtime's own errors."""


class AskRingError(ActorRuntimeError):
    """Actors wait for each other in a ring, so none of them could ever answer.

    The handler that closed the ring is at fault: let it `tell` instead of `ask`, or
    take the reply (`take_reply`) and answer later.

    Attributes:
        ring: the names of the actors, each waiting for the next, the last for the first.
    """

    def __init__(self, ring: list[str]) -> None:
        self.ring = ring
        if len(ring) == 1:
            text = f"{ring[0]} asks itself and waits for the answer"
        else:
            text = " waits for ".join([*ring, ring[0]])
        super().__init__(f"{text}: nobody could ever answer. Use tell, or answer later.")


class MailboxFullError(ActorRuntimeError):
    """A bounded mailbox was full and refused a message: send less, or wait and try again.

    Attributes:
        actor: whose mailbox it is.
        capacity: how many messages it holds.
    """

    def __init__(self, actor: str, capacity: int) -> None:
        self.actor = actor
        self.capacity = capacity
        super().__init__(f"The mailbox of {actor} is full: {capacity} messages wait. Try later.")


class RuntimeClosedError(ActorRuntimeError):
    """The runtime is shut down, or shutting down: start a new one."""


class InterruptedHandlerError(ActorRuntimeError):
    """Ctrl-C broke a handler off, in a thread that ran it while waiting for its answer."""

    def __init__(self, actor: str) -> None:
        self.actor = actor
        super().__init__(f"A handler of {actor} was broken off by a keyboard interrupt.")


BLOCKED_LOOP = "An async handler waits with get() or a blocking ask(): await the future instead."


class BlockedLoopError(ActorRuntimeError):
    """An async handler waited with `get()`: that blocks every async actor; `await` instead."""
