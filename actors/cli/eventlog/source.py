"""The bytes of a log, unpacked if need be."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from .errors import LogError

# What reading can raise once a file is open. BadGzipFile is an OSError.
READ_ERRORS = (OSError, EOFError, zlib.error)


@contextmanager
def open_log(path: Path) -> Iterator[io.BufferedReader]:
    """Open a log for reading bytes; whether it is gzip is told by its content.

    Raises:
        LogError: it can't be opened, or is gzip by name only.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise LogError("there is no such file: check the path", path=path) from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise LogError(f"it can't be opened ({why}): check the path", path=path) from error
    with file:
        if file.peek(2)[:2] == b"\x1f\x8b":
            # Its own readline is Python; the buffer's is not.
            with io.BufferedReader(gzip.GzipFile(fileobj=file)) as unpacked:
                yield cast("io.BufferedReader", unpacked)
        elif path.suffix == ".gz":
            raise LogError(
                "it is named .gz but isn't gzip: rename it, or fetch it again", path=path, row=0
            )
        else:
            yield file


def is_xml(stream: io.BufferedReader) -> bool:
    """Whether what comes next is XML, told without reading it."""
    head = stream.peek(512)[:512]
    # UTF-16 has a zero beside each of the characters that this looks at.
    return head.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").startswith(b"<")


def read_failed(error: Exception, path: Path, row: int) -> LogError:
    """Say what a failed read means, and how far it had come."""
    if isinstance(error, EOFError):
        what = "the gzip data is cut off"
    elif isinstance(error, zlib.error | gzip.BadGzipFile):
        what = f"the gzip data is damaged ({error})"
    else:
        what = f"it can't be read on ({getattr(error, 'strerror', None) or error})"
    return LogError(f"{what} after row {row}: fetch the file again", path=path, row=row)
