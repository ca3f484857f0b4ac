"""A row of a log as an event of a workflow: its data, and the key that tells it from others."""

from __future__ import annotations

import keyword
import re
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import msgspec

from ...charts import RESERVED
from ..eventlog import LogEvent

_TAKEN = RESERVED.union(keyword.kwlist)
_KEY = re.compile(r"row-[0-9]+-[0-9a-f]{12}")
_encode = msgspec.msgpack.Encoder().encode


def row_key(event: LogEvent) -> str:
    """Return the idempotency key of a row: its number, and a digest of all that is in it.

    Example:
        >>> row_key(LogEvent(row=7, case="c1", activity="Pay", timestamp=None, data={}))
        'row-7-31c4ed29b2f5'
    """
    content = _encode((event.case, event.activity, event.timestamp, event.data))
    return f"row-{event.row}-{blake2b(content, digest_size=6).hexdigest()}"


def is_row_key(key: str | None) -> bool:
    """Tell whether an entry's key says that it came from a row of a log."""
    return key is not None and _KEY.fullmatch(key) is not None


def at_end_key(event: str) -> str:
    """Return the idempotency key of an event that is sent at the end of the log."""
    return f"at-end-{event}"


def row_data(event: LogEvent) -> dict[str, Any]:
    """Return the data that goes with a row: its other columns, and the time as ISO 8601 text.

    Names that Python or the chart keeps for itself get a trailing underscore.
    """
    data: dict[str, Any] = dict(zip(_names(tuple(event.data)), event.data.values(), strict=True))
    if event.timestamp is not None:
        data["timestamp"] = event.timestamp.isoformat()
    return data


@lru_cache(maxsize=1024)
def _names(columns: tuple[str, ...]) -> tuple[str, ...]:
    given: list[str] = []
    for column in columns:
        name = column
        later = columns[len(given) + 1 :]
        while name in _TAKEN or name == "timestamp" or name in given or name in later:
            name += "_"
        given.append(name)
    return tuple(given)
