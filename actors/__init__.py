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
    DefinitionChanged,
    HandlerFailed,
    HistoryTrimmed,
    InvalidTransition,
    MigrationFailed,
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
    UnknownActivity,
    UnknownEvent,
    UnknownState,
    UnknownWorkflow,
    VersionMismatch,
    WorkflowError,
    WorkflowExists,
    WorkflowNotFound,
)
from ..persistence.records import Retention, WorkflowRecord
from .activities import (
    ActivityFailed,
    ActivityStatus,
    CurrentActivity,
    RetryAfter,
    RetryPolicy,
    activity,
    as_activity,
    current_activity,
)
from .charts import Event, HistoryState, State, States
from .comparison import Change, Difference
from .definition_check import ChangedDefinition, DefinitionChangedWarning
from .durable_subscription import SubscriptionFailed, SubscriptionGap
from .handlers import Handler
from .history import HistoryEntry, Transition
from .lifecycle import Lifecycle, WorkflowEvent, WorkflowState
from .messages import EventFailed
from .migrating import MigrationReport, WorkflowMigration
from .migration import Stored, migrates
from .notifications import Committed
from .passivation import WorkflowActivated, WorkflowPassivated
from .ref import WorkflowRef
from .snapshot import Snapshot
from .system import ActorSystem
from .workflow import Workflow

__all__ = [
    "ActivityFailed",
    "ActivityStatus",
    "ActorSystem",
    "BadDefinition",
    "BadDocument",
    "Change",
    "ChangedDefinition",
    "Committed",
    "ContextInvalid",
    "CurrentActivity",
    "DefinitionChanged",
    "DefinitionChangedWarning",
    "Difference",
    "Event",
    "EventFailed",
    "Handler",
    "HandlerFailed",
    "HistoryEntry",
    "HistoryState",
    "HistoryTrimmed",
    "InvalidTransition",
    "Lifecycle",
    "MigrationFailed",
    "MigrationReport",
    "NotAStore",
    "RepertoryError",
    "Retention",
    "RetryAfter",
    "RetryPolicy",
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
    "Stored",
    "SubscriptionFailed",
    "SubscriptionGap",
    "SystemStopped",
    "Timeout",
    "Transition",
    "UnknownActivity",
    "UnknownEvent",
    "UnknownState",
    "UnknownWorkflow",
    "VersionMismatch",
    "Workflow",
    "WorkflowActivated",
    "WorkflowError",
    "WorkflowEvent",
    "WorkflowExists",
    "WorkflowMigration",
    "WorkflowNotFound",
    "WorkflowPassivated",
    "WorkflowRecord",
    "WorkflowRef",
    "WorkflowState",
    "activity",
    "as_activity",
    "current_activity",
    "migrates",
]
