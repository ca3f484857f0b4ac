"""Actors: Pykka's API on a shared pool of threads. Knows no workflow and no store."""

from .actor import PooledActor
from .at_work import AtWork
from .blocking import blocking
from .clock import Appointment, Clock, SystemClock, TimerHandle
from .dead_letters import DeadLetters
from .default import default_runtime
from .dispatcher import Dispatcher
from .dispatchers import MailboxRunner, PinnedActor, PinnedDispatcher, SteppedDispatcher
from .envelope import Envelope
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
from .inspection import ActorInfo
from .lifecycle import (
    ActorFailed,
    ActorRestarted,
    ActorStarted,
    ActorStopped,
    DeadLetter,
    ReceiveTimeout,
    SlowHandler,
    Terminated,
)
from .mailbox import Mailbox
from .mailboxes import BoundedMailbox, PriorityMailbox, WhenFull
from .manual_clock import ManualClock
from .ref import PooledRef
from .routers import Broadcast, ConsistentHash, RoundRobin, Router, Routing, SmallestMailbox
from .runtime import Runtime
from .supervision import Backoff, Decision, Directive, Restart, Scope, Strategy, decide
from .threads import ActorNameFilter
from .timers import Timer
from .topics import Published, Topics, TopicSubscription

__all__ = [
    "ActorFailed",
    "ActorInfo",
    "ActorNameFilter",
    "ActorRestarted",
    "ActorRuntimeError",
    "ActorStarted",
    "ActorStopped",
    "Appointment",
    "AskRingError",
    "AtWork",
    "Backoff",
    "BlockedLoopError",
    "BoundedMailbox",
    "Broadcast",
    "Clock",
    "ConsistentHash",
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
    "MailboxRunner",
    "ManualClock",
    "PinnedActor",
    "PinnedDispatcher",
    "PooledActor",
    "PooledFuture",
    "PooledRef",
    "PriorityMailbox",
    "Published",
    "ReceiveTimeout",
    "Restart",
    "RoundRobin",
    "Router",
    "Routing",
    "Runtime",
    "RuntimeClosedError",
    "Scope",
    "SlowHandler",
    "SmallestMailbox",
    "SteppedDispatcher",
    "Strategy",
    "Subscription",
    "SystemClock",
    "Terminated",
    "Timer",
    "TimerHandle",
    "TopicSubscription",
    "Topics",
    "WhenFull",
    "blocking",
    "decide",
    "default_runtime",
]
