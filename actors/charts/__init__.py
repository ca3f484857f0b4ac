"""Charts: how workflows are written, and the engine that runs them.

The only part of Repertory that imports python-statemachine.
"""

from statemachine import Event, HistoryState, State
from statemachine.states import States

from .definition import ChartMeta
from .fingerprint import describe_states, describe_transitions
from .machine import (
    RESERVED,
    Chart,
    NotAllowed,
    Taken,
    begin,
    begin_async,
    capture,
    check_callbacks,
    events_of,
    is_final,
    leaves,
    restore,
    runs_async,
    states_of,
    take,
    take_async,
)
from .standing import in_order, misfit
from .trace import Microstep, TracingAsyncEngine, TracingEngine

__all__ = [
    "RESERVED",
    "Chart",
    "ChartMeta",
    "Event",
    "HistoryState",
    "Microstep",
    "NotAllowed",
    "State",
    "States",
    "Taken",
    "TracingAsyncEngine",
    "TracingEngine",
    "begin",
    "begin_async",
    "capture",
    "check_callbacks",
    "describe_states",
    "describe_transitions",
    "events_of",
    "in_order",
    "is_final",
    "leaves",
    "misfit",
    "restore",
    "runs_async",
    "states_of",
    "take",
    "take_async",
]
