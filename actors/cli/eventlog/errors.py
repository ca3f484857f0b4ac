"""What is wrong with a log, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ....persistence.errors import RepertoryError


class LogError(RepertoryError):
    """A log, or one event of it, can't be read. The log's fault, or the caller's.

    Attributes:
        path: the file.
        row: the event that it is about, where the first is 1; for an error that ends the
            reading, the last one that was read (0 when there was none); None when the file
            could not be opened.
        fields: the row's cells, when it is about one row of a CSV that could be split.
        reason: the message without the path and the row.
    """

    def __init__(
        self,
        reason: str,
        *,
        path: Path,
        row: int | None = None,
        fields: Sequence[str] | None = None,
    ) -> None:
        super().__init__(f"{path}, row {row}: {reason}" if row else f"{path}: {reason}")
        self.reason = reason
        self.path = path
        self.row = row
        self.fields = None if fields is None else tuple(fields)
