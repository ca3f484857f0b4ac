"""Events of an XES, the XML format of process mining (IEEE 1849)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from .columns import Columns
from .errors import LogError
from .event import LogEvent
from .xes_handler import XesHandler

CHUNK = 1 << 16
# An event, or whatever else, that is longer than this is no log's.
MAX_ELEMENT = 1 << 24


def xes_events(
    stream: io.BufferedReader, path: Path, columns: Columns
) -> Iterator[LogEvent | LogError]:
    """Read an XES's events, trace by trace, without building a tree.

    An event that is broken comes as an error, and reading goes on. Entities can't be declared:
    a document type ends the reading before any of them is expanded.

    Raises:
        LogError: it is no XES, not well-formed, or cut off.
    """
    handler = XesHandler(path, columns)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.StartDoctypeDeclHandler = handler.refuse_doctype
    waiting = 0
    while True:
        chunk = stream.read(CHUNK)
        failure: LogError | None = None
        try:
            parser.Parse(chunk, not chunk)
        except LogError as error:
            failure = error
        except (expat.ExpatError, LookupError, ValueError) as error:
            failure = LogError(_explain(error, ended=not chunk), path=path, row=handler.row)
            failure.__cause__ = error
        waiting = 0 if handler.advanced else waiting + len(chunk)
        yield from handler.take()
        if failure is not None:
            raise failure
        if not chunk:
            return
        if waiting > MAX_ELEMENT:
            raise LogError(
                f"no event ends within {MAX_ELEMENT} bytes: it is no log",
                path=path,
                row=handler.row,
            )


def _explain(error: Exception, *, ended: bool) -> str:
    if ended:
        return "the XML is cut off in the middle: fetch the file again"
    if isinstance(error, expat.ExpatError):
        return f"it is not well-formed XML ({error}): it can be read up to there"
    return f"its encoding can't be read ({error}): save it as UTF-8"
