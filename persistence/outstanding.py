"""Which timers a history has set and neither fired nor cancelled: they must still be pending."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

import msgspec

from .records import Entry, MessageKind

_decode = msgspec.json.Decoder().decode
_TIMERS = (MessageKind.TIMER.value, MessageKind.TIMEOUT.value)

Name = tuple[str, str]
"""A timer's kind and name."""


def outstanding(entries: Iterable[Entry], left: dict[Name, int]) -> Iterator[Entry]:
    """Yield the entries, and note which timers they leave, and the step that has set each.

    Arguments:
        entries: of one workflow, oldest first.
        left: what is outstanding after those that were yielded.
    """
    for entry in entries:
        # What can't be read is damaged, and said to be so elsewhere.
        with suppress(msgspec.MsgspecError, ValueError, TypeError, LookupError, AttributeError):
            _note(entry, left)
        yield entry


def _note(entry: Entry, left: dict[Name, int]) -> None:
    if entry.details is None:
        return
    details = _decode(entry.details)
    fired = [details["fired"]] if "fired" in details else []
    for kind, name, *_ in (*details.get("cancelled", ()), *fired):
        left.pop((kind, name), None)
    for kind, name, _due in details.get("set", ()):
        if kind in _TIMERS:
            left[kind, name] = entry.sequence
