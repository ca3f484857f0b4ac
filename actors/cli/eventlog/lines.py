"""The lines of a CSV as text, within bounds."""

from __future__ import annotations

import io

MAX_ROW = 1 << 20


class BadLine(Exception):
    """A line that can't be used; the next one may be."""


class Lines:
    """The lines of a stream, for `csv.reader`; it can go on after a bad one.

    A text file would do, but for three things: it can't say which byte is wrong, it can't go
    on after that, and one line without an end would fill the memory.
    """

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._offset = 0
        self._row = 0

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        """Give the next line.

        Raises:
            BadLine: it is not UTF-8, or the row that it belongs to is too long.
        """
        start = self._offset
        line = self._read()
        if not line:
            raise StopIteration
        self._row += len(line)
        if self._row > MAX_ROW:
            while line and not line.endswith(b"\n"):
                line = self._read()
            raise BadLine(f"it is longer than {MAX_ROW} bytes: is a quote left open?")
        if not start:
            line = line.removeprefix(b"\xef\xbb\xbf")
            start = self._offset - len(line)
        try:
            return line.decode()
        except UnicodeDecodeError as error:
            raise BadLine(
                f"byte {start + error.start} of the file is not UTF-8 (0x{line[error.start]:02x}): "
                "save the log as UTF-8"
            ) from error

    def begin_row(self) -> None:
        """Count the next row's length from here."""
        self._row = 0

    def _read(self) -> bytes:
        line = self._stream.readline(MAX_ROW + 1)
        self._offset += len(line)
        return line
