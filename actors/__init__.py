"""Durable workflow actors: what an app imports.

Layers, each importing only from those above it in this list:

    persistence            what is kept, and how
    actors.runtime         actors as such: mailboxes, dispatcher, clock
    actors.charts          statecharts: the only importer of python-statemachine
    workflow … supervisor  one workflow's actor, the persistence actor, the supervisor
    system, ref            what an app holds
    definitions            workflows from documents
    cli                    the command line, built on the public names alone

Here are the names that programs are written with. Errors are in `actors.errors`, what subscribers
hear in `actors.events`, and the types of what methods return in `actors.results`.
"""

from ..persistence.errors import RepertoryError
from ..persistence.records import Retention
from .activities import (
    ActivityFailed,
    RetryAfter,
    RetryPolicy,
    activity,
    as_activity,
    current_activity,
)
from .charts import Event, HistoryState, State, States, after
from .definitions import action, load_definitions
from .handlers import Handler
from .lifecycle import Lifecycle, WorkflowEvent, WorkflowState
from .migration import Stored, migrates
from .ref import WorkflowRef
from .system import ActorSystem
from .workflow import Workflow

__all__ = [
    "ActivityFailed",
    "ActorSystem",
    "Event",
    "Handler",
    "HistoryState",
    "Lifecycle",
    "RepertoryError",
    "Retention",
    "RetryAfter",
    "RetryPolicy",
    "State",
    "States",
    "Stored",
    "Workflow",
    "WorkflowEvent",
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
