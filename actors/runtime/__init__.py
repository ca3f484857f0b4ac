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
    MailboxFullError,
    RuntimeClosedError,
)
from .events import EventStream, Subscription
from .future import PooledFuture
from .lifecycle import (
    ActorFailed,
    ActorRestarted,
    ActorStarted,
    ActorStopped,
    DeadLetter,
    ReceiveTimeout,
    Terminated,
)
from .mailbox import Mailbox
from .mailboxes import BoundedMailbox, PriorityMailbox, WhenFull
from .ref import PooledRef
from .runtime import Runtime
from .supervision import Backoff, Decision, Directive, Restart, Scope, Strategy, decide
from .timers import Timer

__all__ = [
    "ActorFailed",
    "ActorRestarted",
    "ActorRuntimeError",
    "ActorStarted",
    "ActorStopped",
    "AskRingError",
    "Backoff",
    "BlockedLoopError",
    "BoundedMailbox",
    "Clock",
    "DeadLetter",
    "DeadLetters",
    "Decision",
    "Directive",
    "Dispatcher",
    "Envelope",
    "EventStream",
    "InterruptedHandlerError",
    "Mailbox",
    "MailboxFullError",
    "ManualClock",
    "PooledActor",
    "PooledFuture",
    "PooledRef",
    "PriorityMailbox",
    "ReceiveTimeout",
    "Restart",
    "Runtime",
    "RuntimeClosedError",
    "Scope",
    "Strategy",
    "Subscription",
    "SystemClock",
    "Terminated",
    "Timer",
    "TimerHandle",
    "WhenFull",
    "decide",
    "default_runtime",
]
