"""Durable workflow actors: what an app imports.

Layers, each importing only from those above it in this list:

    persistence            what is kept, and how
    actors.runtime         actors as such: mailboxes, dispatcher, clock
    actors.charts          statecharts: the only importer of python-statemachine
    workflow … supervisor  one workflow's actor, the persistence actor, the supervisor
    system, ref            what an app holds
    definitions            workflows from documents
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
    MailboxFull,
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
    TimerSkipped,
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
from .charts import Event, HistoryState, State, States, after
from .children.handle import Child
from .comparison import Change, Difference
from .definition_check import ChangedDefinition, DefinitionChangedWarning
from .definitions import (
    ContractBroken,
    Definitions,
    Fault,
    FaultyDocument,
    GuardFailed,
    UnboundActions,
    action,
    load_definitions,
)
from .durable_subscription import SubscriptionFailed, SubscriptionGap
from .handlers import Handler
from .history import HistoryEntry, Transition
from .lifecycle import Lifecycle, WorkflowEvent, WorkflowState
from .messages import EventFailed, StoreFailed
from .migrating import MigrationReport, WorkflowMigration
from .migration import Stored, migrates
from .notifications import Committed
from .passivation import WorkflowActivated, WorkflowPassivated
from .quarantine import Quarantined, WorkflowQuarantined
from .ref import WorkflowRef
from .snapshot import Snapshot
from .system import ActorSystem
from .timers import Timer
from .workflow import Workflow

__all__ = [
    "ActivityFailed",
    "ActivityStatus",
    "ActorSystem",
    "BadDefinition",
    "BadDocument",
    "Change",
    "ChangedDefinition",
    "Child",
    "Committed",
    "ContextInvalid",
    "ContractBroken",
    "CurrentActivity",
    "DefinitionChanged",
    "DefinitionChangedWarning",
    "Definitions",
    "Difference",
    "Event",
    "EventFailed",
    "Fault",
    "FaultyDocument",
    "GuardFailed",
    "Handler",
    "HandlerFailed",
    "HistoryEntry",
    "HistoryState",
    "HistoryTrimmed",
    "InvalidTransition",
    "Lifecycle",
    "MailboxFull",
    "MigrationFailed",
    "MigrationReport",
    "NotAStore",
    "Quarantined",
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
    "StoreFailed",
    "StoreFenced",
    "StoreInUse",
    "StoreTooNew",
    "Stored",
    "SubscriptionFailed",
    "SubscriptionGap",
    "SystemStopped",
    "Timeout",
    "Timer",
    "TimerSkipped",
    "Transition",
    "UnboundActions",
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
    "WorkflowQuarantined",
    "WorkflowRecord",
    "WorkflowRef",
    "WorkflowState",
    "action",
    "activity",
    "after",
    "as_activity",
    "current_activity",
    "load_definitions",
    "migrates",
]
