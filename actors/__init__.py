"""Durable workflow actors: what an app imports.

Layers, each importing only from those above it in this list:

    persistence            what is kept, and how
    actors.runtime         actors as such: mailboxes, dispatcher, clock
    actors.charts          statecharts: the only importer of python-statemachine
    workflow … supervisor  one workflow's actor, the persistence actor, the supervisor
    system, ref            what an app holds
    cli                    the command line, built on the public names alone
"""

from ..persistence.errors import (
    BadDefinition,
    BadDocument,
    ContextInvalid,
    HandlerFailed,
    HistoryTrimmed,
    InvalidTransition,
    NotAStore,
    RepertoryError,
    RollbackFailed,
    SerializationFailed,
    StaleStep,
    StoreDamaged,
    StoreError,
    StoreFenced,
    StoreInUse,
    StoreTooNew,
    SystemStopped,
    Timeout,
    UnknownEvent,
    UnknownWorkflow,
    VersionMismatch,
    WorkflowError,
    WorkflowExists,
    WorkflowNotFound,
)
from ..persistence.records import Retention, WorkflowRecord
from .charts import Event, HistoryState, State, States
from .handlers import Handler
from .history import HistoryEntry, Transition
from .lifecycle import Lifecycle, WorkflowEvent, WorkflowState
from .messages import EventFailed
from .notifications import Committed
from .position import Snapshot
from .ref import WorkflowRef
from .system import ActorSystem
from .workflow import Workflow

__all__ = [
    "ActorSystem",
    "BadDefinition",
    "BadDocument",
    "Committed",
    "ContextInvalid",
    "Event",
    "EventFailed",
    "Handler",
    "HandlerFailed",
    "HistoryEntry",
    "HistoryState",
    "HistoryTrimmed",
    "InvalidTransition",
    "Lifecycle",
    "NotAStore",
    "RepertoryError",
    "Retention",
    "RollbackFailed",
    "SerializationFailed",
    "Snapshot",
    "StaleStep",
    "State",
    "States",
    "StoreDamaged",
    "StoreError",
    "StoreFenced",
    "StoreInUse",
    "StoreTooNew",
    "SystemStopped",
    "Timeout",
    "Transition",
    "UnknownEvent",
    "UnknownWorkflow",
    "VersionMismatch",
    "Workflow",
    "WorkflowError",
    "WorkflowEvent",
    "WorkflowExists",
    "WorkflowNotFound",
    "WorkflowRecord",
    "WorkflowRef",
    "WorkflowState",
]
