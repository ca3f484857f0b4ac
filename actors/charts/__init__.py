"""Charts: how workflows are written, and the engine that runs them.

The only part of Repertory that imports python-statemachine.
"""

from statemachine import Event, HistoryState
from statemachine.states import States

from .assemble import add_transition, make_state
from .async_engine import CompiledAsyncEngine
from .capture import Captured, Pending, capture, place, rehydrate
from .chart import CompiledChart, bare, start, take, take_async
from .check import check
from .definition import ChartMeta
from .engine import CompiledEngine
from .explain import explain, falls_back
from .fingerprint import OUTER, describe_states, describe_transitions
from .invocations import Invocation, take_invocations
from .machine import (
    RESERVED,
    Macrostep,
    NotAllowed,
    begin,
    begin_async,
    capture_state,
    check_durable,
    delays_of,
    events_of,
    furnish,
    is_final,
    leaves,
    macrostep,
    macrostep_async,
    restore,
    runs_async,
    states_of,
)
from .nested import nested_in, nested_state
from .offers import asked, offered
from .problem import Problem
from .span import Span, microseconds, spell
from .standing import in_order, misfit
from .timeout import After, State, after, listed, takes, timeouts_of
from .trace import Course, Microstep, Taken
from .unbound import explain_calls

__all__ = [
    "OUTER",
    "RESERVED",
    "After",
    "Captured",
    "ChartMeta",
    "CompiledAsyncEngine",
    "CompiledChart",
    "CompiledEngine",
    "Course",
    "Event",
    "HistoryState",
    "Invocation",
    "Macrostep",
    "Microstep",
    "NotAllowed",
    "Pending",
    "Problem",
    "Span",
    "State",
    "States",
    "Taken",
    "add_transition",
    "after",
    "asked",
    "bare",
    "begin",
    "begin_async",
    "capture",
    "capture_state",
    "check",
    "check_durable",
    "delays_of",
    "describe_states",
    "describe_transitions",
    "events_of",
    "explain",
    "explain_calls",
    "falls_back",
    "furnish",
    "in_order",
    "is_final",
    "leaves",
    "listed",
    "macrostep",
    "macrostep_async",
    "make_state",
    "microseconds",
    "misfit",
    "nested_in",
    "nested_state",
    "offered",
    "place",
    "rehydrate",
    "restore",
    "runs_async",
    "spell",
    "start",
    "states_of",
    "take",
    "take_async",
    "take_invocations",
    "takes",
    "timeouts_of",
]
