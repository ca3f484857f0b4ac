"""What the event stream tells about actors and their messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pykka


@dataclass(frozen=True, slots=True)
class ActorStarted:
    """An actor is registered and takes messages."""

    ref: pykka.ActorRef[Any]


@dataclass(frozen=True, slots=True)
class ActorStopped:
    """An actor has ended, and its mailbox is closed."""

    ref: pykka.ActorRef[Any]


@dataclass(frozen=True, slots=True)
class ActorRestarted:
    """A new instance took an actor's place, behind the same ref.

    Attributes:
        ref: the actor.
        error: why; `None` if it had stopped by itself.
    """

    ref: pykka.ActorRef[Any]
    error: BaseException | None


@dataclass(frozen=True, slots=True)
class Terminated:
    """The message that a watcher gets when the actor it watches has ended."""

    ref: pykka.ActorRef[Any]


@dataclass(frozen=True, slots=True)
class ReceiveTimeout:
    """The message that an actor gets which had none for as long as it said."""


@dataclass(frozen=True, slots=True)
class ActorFailed:
    """A handler, or `on_start`, `on_stop` or `on_failure`, raised an exception.

    Attributes:
        ref: the actor.
        error: what was raised.
        message: what was being handled, `None` in a hook.
        stopped: whether the actor ends because of it.
    """

    ref: pykka.ActorRef[Any]
    error: BaseException
    message: Any
    stopped: bool


@dataclass(frozen=True, slots=True)
class SlowHandler:
    """A handler holds a thread for long, and still does.

    Attributes:
        ref: the actor.
        message: the type of what it handles; `None` in `on_start` and the like.
        seconds: for how long, at least.
    """

    ref: pykka.ActorRef[Any]
    message: str | None
    seconds: float


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was accepted and will not be handled.

    Attributes:
        message: the message.
        recipient: the actor that it was for.
        reason: why it was not handled.
    """

    message: Any
    recipient: pykka.ActorRef[Any]
    reason: str
