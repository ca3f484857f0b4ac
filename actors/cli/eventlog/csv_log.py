"""Events of a CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from .columns import Columns, find_columns
from .errors import LogError
from .event import LogEvent
from .lines import BadLine, Lines
from .timestamps import parse_timestamp

DELIMITERS = ",;\t"


def csv_events(
    stream: io.BufferedReader, path: Path, columns: Columns
) -> Iterator[LogEvent | LogError]:
    """Read a CSV's events; a row that is broken comes as an error, and reading goes on.

    Raises:
        LogError: there is no header, or not with the columns that are needed.
    """
    lines = Lines(stream)
    try:
        first = next((line for line in lines if line.strip()), None)
        if first is None:
            raise LogError("it is empty: check that it was written", path=path, row=0)
        rows = csv.reader(chain([first], lines), delimiter=_delimiter(first), strict=True)
        header = [name.strip() for name in next(rows)]
    except (BadLine, csv.Error) as error:
        raise LogError(f"its header can't be read: {error}", path=path, row=0) from error
    make = _Maker(header, columns, path)
    row = 0
    while True:
        lines.begin_row()
        try:
            fields = next(rows)
        except StopIteration:
            return
        except (BadLine, csv.Error) as error:
            row += 1
            yield LogError(str(error), path=path, row=row)
            continue
        if fields:
            row += 1
            yield make.event(row, fields)


def _delimiter(header: str) -> str:
    return max(DELIMITERS, key=header.count)


class _Maker:
    """Makes events of rows under one header."""

    def __init__(self, header: Sequence[str], columns: Columns, path: Path) -> None:
        self._case, self._activity, self._timestamp = find_columns(header, columns, path)
        taken = (self._case, self._activity, self._timestamp)
        self._others = [(at, name) for at, name in enumerate(header) if at not in taken]
        self._header = header
        self._form = columns.timestamp_format
        self._path = path

    def event(self, row: int, fields: list[str]) -> LogEvent | LogError:
        try:
            return self._event(row, fields)
        except ValueError as error:
            return LogError(str(error), path=self._path, row=row, fields=fields)

    def _event(self, row: int, fields: list[str]) -> LogEvent:
        if len(fields) != len(self._header):
            raise ValueError(
                f"it has {len(fields)} fields, the header {len(self._header)}: "
                "check the delimiter and the quotes"
            )
        case, activity = fields[self._case].strip(), fields[self._activity].strip()
        if not case or not activity:
            at = self._activity if case else self._case
            raise ValueError(f"{self._header[at]!r} is empty: every event needs one")
        when = "" if self._timestamp is None else fields[self._timestamp].strip()
        return LogEvent(
            row=row,
            case=case,
            activity=activity,
            timestamp=parse_timestamp(when, self._form) if when else None,
            data={name: fields[at] or None for at, name in self._others},
        )
