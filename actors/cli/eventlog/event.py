"""One event of a log."""

from __future__ import annotations

from datetime import datetime

import msgspec

Value = str | int | float | bool | None


class LogEvent(msgspec.Struct, frozen=True):
    """Something that happened in a case.

    Attributes:
        row: its place in the file, where the first event is 1.
        case: the case that it belongs to.
        activity: what was done.
        timestamp: when, in UTC; a time without a zone is taken as UTC. None if there is none.
        data: the other columns by their names in the file. An empty cell of a CSV is None and
            all others are text; an XES has its own types, and a trace's attributes begin with
            `case:`. A number that JSON or 64 bits can't hold stays text.
    """

    row: int
    case: str
    activity: str
    timestamp: datetime | None
    data: dict[str, Value]
