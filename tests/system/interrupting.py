"""A Ctrl-C at the n-th place where the interpreter would let one in, within code of ours.

CPython looks for signals when a function begins, after a call of what is not written in Python,
and when a loop turns back. Where exactly is its own affair: this is how 3.11 does it.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from repertory import actors, persistence

OURS = tuple(str(Path(module.__file__ or "").resolve().parent) for module in (actors, persistence))
KNOWN = sys.version_info[:2] == (3, 11)
"""Whether this Python is the one whose ways are known here."""


class Interrupt:
    """Raises KeyboardInterrupt at the n-th such place of what it runs.

    Attributes:
        where: the place, once it was reached.
    """

    def __init__(self, at: int) -> None:
        self._left = at
        self._last: dict[FrameType, int | None] = {}
        self._called: dict[FrameType, str] = {}
        self.where = ""

    def within(self, run: Callable[[], Any]) -> Any:
        """Return what `run` returns, or what it raises."""
        sys.settrace(self._enter)
        try:
            return run()
        except BaseException as error:
            return error
        finally:
            sys.settrace(None)

    def _enter(self, frame: FrameType, event: str, arg: Any) -> Any:
        if self.where or not _is_ours(frame.f_code):
            return None
        if frame.f_back in self._last:
            self._called[frame.f_back] = frame.f_code.co_name
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        self._last[frame] = None
        return self._look

    def _look(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event == "return":
            self._last.pop(frame, None)
        elif event == "opcode" and not self.where:
            last, called = self._last[frame], self._called.pop(frame, None)
            self._last[frame] = frame.f_lasti
            if _is_looked_for(frame.f_code, last, frame.f_lasti, called):
                self._left -= 1
                if self._left == 0:
                    code = frame.f_code
                    self.where = f"{Path(code.co_filename).name}:{frame.f_lineno} {code.co_name}"
                    raise KeyboardInterrupt(self.where)
        return self._look


def _is_looked_for(code: CodeType, last: int | None, now: int, called: str | None) -> bool:
    if last is None:
        return True  # the function has just begun
    match _names(code).get(last):
        case "RESUME" | "JUMP_BACKWARD" | "CALL_FUNCTION_EX":
            pass
        case "CALL" if called in (None, "__init__"):
            pass
        case _:
            return False
    # Raised here it would be caught elsewhere than where the call was.
    return _handlers(code, last) == _handlers(code, now)


_ours: dict[CodeType, bool] = {}
_opcodes: dict[CodeType, dict[int, str]] = {}


def _is_ours(code: CodeType) -> bool:
    if code not in _ours:
        _ours[code] = str(Path(code.co_filename).resolve()).startswith(OURS)
    return _ours[code]


def _names(code: CodeType) -> dict[int, str]:
    if code not in _opcodes:
        _opcodes[code] = {one.offset: one.opname for one in dis.get_instructions(code)}
    return _opcodes[code]


def _handlers(code: CodeType, offset: int) -> list[int]:
    table = dis._parse_exception_table(code)  # type: ignore[attr-defined]  # there is no other way
    return [entry.target for entry in table if entry.start <= offset < entry.end]
