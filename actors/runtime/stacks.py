"""Where the threads of the process are, taken down without disturbing them."""

from __future__ import annotations

import faulthandler
import logging
import re
import tempfile
import traceback

logger = logging.getLogger("repertory.actors.runtime")

_THREAD = re.compile(r"(?:Current thread|Thread) 0x([0-9a-f]+)")
_CALL = re.compile(r'  File "(.*)", line (\d+) in (.*)')
_ESCAPED = re.compile(r"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")


def thread_stacks() -> dict[int, tuple[str, ...]]:
    """Return where each thread is, by its ident, outermost call first.

    It is for who asks, not for every day: no thread goes on meanwhile. Of a deep stack it has the
    innermost hundred calls, of many threads the youngest hundred; nothing at all, with an entry
    in the log, where there is no file to be had.

    Example:
        ```py
        print("".join(thread_stacks()[threading.get_ident()]))
        ```
    """
    try:
        # Frames of a running thread, followed in Python, may be freed under one's hands (seen
        # on 3.11). This is done in C in one go, and needs a real file.
        with tempfile.TemporaryFile() as file:
            faulthandler.dump_traceback(file)
            file.seek(0)
            text = file.read().decode("ascii", "replace")
    except Exception:
        logger.exception("Where the threads are can't be taken down.")
        return {}
    return _parsed(text)


def _parsed(text: str) -> dict[int, tuple[str, ...]]:
    calls: list[traceback.FrameSummary] = []
    found: dict[int, list[traceback.FrameSummary]] = {}
    for line in text.splitlines():
        if thread := _THREAD.match(line):
            calls = found[int(thread[1], 16)] = []
        elif call := _CALL.match(line):
            file, number, function = call.groups()
            calls.append(traceback.FrameSummary(_plain(file), int(number), _plain(function)))
    return {ident: tuple(traceback.format_list(calls[::-1])) for ident, calls in found.items()}


def _plain(text: str) -> str:
    """Return a name with the characters for which there are escapes."""
    return _ESCAPED.sub(lambda escaped: chr(int(escaped[0][2:], 16)), text)
