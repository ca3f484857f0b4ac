"""What the methods of systems and refs return; for annotations, nobody makes these."""

from ..persistence.records import WorkflowRecord
from .activities import ActivityStatus, CurrentActivity
from .children.handle import Child
from .comparison import Change, Difference
from .definition_check import ChangedDefinition
from .definitions import Definitions, Fault
from .history import HistoryEntry, Transition
from .migrating import MigrationReport, WorkflowMigration
from .quarantine import Quarantined
from .snapshot import Snapshot
from .timers import Timer

__all__ = [
    "ActivityStatus",
    "Change",
    "ChangedDefinition",
    "Child",
    "CurrentActivity",
    "Definitions",
    "Difference",
    "Fault",
    "HistoryEntry",
    "MigrationReport",
    "Quarantined",
    "Snapshot",
    "Timer",
    "Transition",
    "WorkflowMigration",
    "WorkflowRecord",
]
