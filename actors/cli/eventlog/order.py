"""Puts events in the order of their times."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from operator import itemgetter
from typing import IO

import msgspec

from .event import LogEvent

_BEGINNING = datetime.min.replace(tzinfo=UTC)
_Keyed = tuple[datetime, int, LogEvent]
_by_time = itemgetter(0, 1)


def in_time_order(events: Iterable[LogEvent], *, in_memory: int = 100_000) -> Iterator[LogEvent]:
    """Merge cases into one sequence by time; an XES has one case after the other.

    Events of the same time stay in the file's order. One without a time stays behind the event
    before it, if that is of the same case; else it comes first of all.

    The first event comes out when the last one was read. No more than `in_memory` events are in
    memory (1 to 2 KB each): the rest goes to temporary files in sorted runs, each of
    `in_memory` events, about as big as the log is as CSV.

    Args:
        events: the events, such as `read_log` gives them.
        in_memory: how many events to sort at once.

    Raises:
        LogError: `events` raised it.
        OSError: the temporary files can't be written.
    """
    with ExitStack() as files:
        runs: list[Iterable[_Keyed]] = []
        run: list[_Keyed] = []
        for keyed in _with_keys(events):
            run.append(keyed)
            if len(run) >= in_memory:
                run.sort(key=_by_time)
                runs.append(_stored(run, files.enter_context(tempfile.TemporaryFile())))
                run = []
        run.sort(key=_by_time)
        runs.append(run)
        for _, _, event in heapq.merge(*runs, key=_by_time):
            yield event


def _with_keys(events: Iterable[LogEvent]) -> Iterator[_Keyed]:
    case, latest = "", _BEGINNING
    for position, event in enumerate(events):
        if event.timestamp is not None:
            latest = event.timestamp
        elif event.case != case:
            latest = _BEGINNING
        case = event.case
        yield latest, position, event


def _stored(run: list[_Keyed], file: IO[bytes]) -> Iterator[_Keyed]:
    encoder = msgspec.msgpack.Encoder()
    for keyed in run:
        packed = encoder.encode(keyed)
        file.write(len(packed).to_bytes(4, "big"))
        file.write(packed)
    file.seek(0)
    return _read_back(file)


def _read_back(file: IO[bytes]) -> Iterator[_Keyed]:
    decoder = msgspec.msgpack.Decoder(_Keyed)
    while size := file.read(4):
        yield decoder.decode(file.read(int.from_bytes(size, "big")))
