"""Replays an event log as workflows: a case is a workflow, a row is an event."""

from .activities import Activities
from .report import Deviation, End, Report
from .rows import at_end_key, is_row_key, row_data, row_key
from .run import Replay, ReplayFailed, Sent

__all__ = [
    "Activities",
    "Deviation",
    "End",
    "Replay",
    "ReplayFailed",
    "Report",
    "Sent",
    "at_end_key",
    "is_row_key",
    "row_data",
    "row_key",
]
