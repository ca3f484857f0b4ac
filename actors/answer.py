"""The answer that somebody outside waits for."""

from __future__ import annotations

from types import TracebackType
from typing import Any, TypeVar

from pykka import ActorDeadError, ActorRef

from ..persistence.errors import SystemStopped
from .runtime import Envelope, PooledFuture

T = TypeVar("T")


class Answer(PooledFuture[T]):
    """A future that says what a stopped actor means here."""

    def _set_error(self, error: BaseException, traceback: TracebackType | None) -> None:
        if isinstance(error, ActorDeadError):
            stopped = SystemStopped("The system stopped before this was done; it was not done.")
            stopped.__cause__ = error
            error, traceback = stopped, None
        super()._set_error(error, traceback)


def brought_by(actor: ActorRef[Any], answer: PooledFuture[Any]) -> None:
    """Note which actor an answer waits on now: it can be run meanwhile, and rings show."""
    answer.worker = actor.actor_inbox  # type: ignore[assignment]  # Pykka types it as its own


def ask(actor: ActorRef[Any], message: Any) -> Answer[Any]:
    """Send an actor of the system a message, and return the answer to come."""
    answer: Answer[Any] = Answer()
    brought_by(actor, answer)
    try:
        actor.actor_inbox.put(Envelope(message, reply_to=answer))
    except ActorDeadError as error:
        answer.set_error(error)
    return answer
