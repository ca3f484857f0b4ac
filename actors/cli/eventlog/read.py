"""Reads a log, whatever its format."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from .columns import DEFAULT, Columns
from .csv_log import csv_events
from .errors import LogError
from .event import LogEvent
from .source import READ_ERRORS, is_xml, open_log, read_failed
from .xes_log import xes_events


def read_log(
    path: str | os.PathLike[str],
    *,
    columns: Columns = DEFAULT,
    on_broken: Literal["error", "skip"] = "error",
    report: Callable[[LogError], None] | None = None,
) -> Iterator[LogEvent]:
    """Read the events of a CSV or XES, plain or gzip, in the file's order.

    The format is told by the content. At no time are more than a few events in memory, whatever
    the file holds: a row of a CSV may have 1 MiB, an event of an XES 16 MiB.

    Args:
        path: the log. It is opened when the first event is asked for.
        columns: the columns to look for.
        on_broken: what to do about a row that is no event: raise, or leave it out.
        report: called with each broken row, before it is raised or left out.

    Raises:
        LogError: the log can't be read, or not from some row on; it has no events; or a row is
            broken and `on_broken` is "error".

    Example:
        >>> for event in read_log("permits.csv.gz"):  # doctest: +SKIP
        ...     print(event.case, event.activity)
    """
    if on_broken not in ("error", "skip"):
        raise ValueError(f"on_broken is {on_broken!r}: it must be 'error' or 'skip'")
    return _events(Path(path), columns, on_broken == "skip", report)


def _events(
    path: Path, columns: Columns, skip: bool, report: Callable[[LogError], None] | None
) -> Iterator[LogEvent]:
    events = broken = 0
    for item in _items(path, columns):
        if isinstance(item, LogEvent):
            events += 1
            yield item
            continue
        broken += 1
        if report is not None:
            report(item)
        if not skip:
            raise item
    if not events:
        why = f"all of its {broken} rows are broken" if broken else "it ends after its head"
        raise LogError(f"it has no events, {why}: check that it was written", path=path, row=broken)


def _items(path: Path, columns: Columns) -> Iterator[LogEvent | LogError]:
    row = 0
    try:
        with open_log(path) as stream:
            read = xes_events if is_xml(stream) else csv_events
            for item in read(stream, path, columns):
                row = item.row or row
                yield item
    except READ_ERRORS as error:
        raise read_failed(error, path, row) from error
