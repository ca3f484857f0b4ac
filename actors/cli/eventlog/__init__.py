"""Reads event logs, CSV and XES, plain or gzip, one event at a time."""

from .columns import Columns
from .count import count_events
from .errors import LogError
from .event import LogEvent
from .order import in_time_order
from .read import read_log

__all__ = ["Columns", "LogError", "LogEvent", "count_events", "in_time_order", "read_log"]
