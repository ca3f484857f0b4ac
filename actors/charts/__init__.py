"""Charts: how workflows are written, and the engine that runs them.

The only part of Repertory that imports python-statemachine.
"""

from statemachine import Event, HistoryState, State
from statemachine.states import States

from .async_engine import CompiledAsyncEngine
from .chart import CompiledChart as Chart
from .definition import ChartMeta
from .engine import CompiledEngine
from .machine import (
    RESERVED,
    Macrostep,
    NotAllowed,
    begin,
    begin_async,
    capture,
    check_callbacks,
    events_of,
    furnish,
    is_final,
    leaves,
    restore,
    runs_async,
    states_of,
    take,
    take_async,
)
from .trace import Microstep

__all__ = [
    "RESERVED",
    "Chart",
    "ChartMeta",
    "CompiledAsyncEngine",
    "CompiledEngine",
    "Event",
    "HistoryState",
    "Macrostep",
    "Microstep",
    "NotAllowed",
    "State",
    "States",
    "begin",
    "begin_async",
    "capture",
    "check_callbacks",
    "events_of",
    "furnish",
    "is_final",
    "leaves",
    "restore",
    "runs_async",
    "states_of",
    "take",
    "take_async",
]
