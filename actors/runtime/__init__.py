"""Actors: Pykka's API on a shared pool of threads. Knows no workflow and no store."""

from pykka._envelope import Envelope

from .actor import PooledActor
from .clock import Clock, ManualClock, SystemClock, TimerHandle
from .dead_letters import DeadLetters
from .default import default_runtime
from .dispatcher import Dispatcher
from .errors import (
    ActorRuntimeError,
    AskRingError,
    BlockedLoopError,
    InterruptedHandlerError,
    RuntimeClosedError,
)
from .events import EventStream, Subscription
from .future import PooledFuture
from .lifecycle import ActorFailed, ActorStarted, ActorStopped, DeadLetter
from .mailbox import Mailbox
from .ref import PooledRef
from .runtime import Runtime

__all__ = [
    "ActorFailed",
    "ActorRuntimeError",
    "ActorStarted",
    "ActorStopped",
    "AskRingError",
    "BlockedLoopError",
    "Clock",
    "DeadLetter",
    "DeadLetters",
    "Dispatcher",
    "Envelope",
    "EventStream",
    "InterruptedHandlerError",
    "Mailbox",
    "ManualClock",
    "PooledActor",
    "PooledFuture",
    "PooledRef",
    "Runtime",
    "RuntimeClosedError",
    "Subscription",
    "SystemClock",
    "TimerHandle",
    "default_runtime",
]
