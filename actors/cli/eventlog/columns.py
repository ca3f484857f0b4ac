"""Which columns of a log hold the case, the activity and the time."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from .errors import LogError


class Columns(msgspec.Struct, frozen=True):
    """The names of the columns that every log has.

    A name left as it is here stands for the common ones as well, such as `case:concept:name`,
    `Case ID` and `Complete Timestamp`; one that you give must be there as you give it.

    Attributes:
        case: the column, or the attribute of an XES trace, that tells cases apart.
        activity: the one that says what was done.
        timestamp: the one that says when; None for a log without times.
        timestamp_format: how times are written, for `datetime.strptime`; by default ISO 8601,
            also with slashes.
    """

    case: str = "case"
    activity: str = "activity"
    timestamp: str | None = "timestamp"
    timestamp_format: str | None = None


DEFAULT = Columns()

_ALSO = {
    "case": ("case:concept:name", "case id", "caseid", "case name", "case number", "trace id"),
    "activity": ("concept:name", "activity name", "activity id", "task", "event", "event name"),
    "timestamp": (
        "time:timestamp",
        "complete timestamp",
        "completetimestamp",
        "end timestamp",
        "event time",
        "datetime",
        "time",
        "date",
        "start timestamp",
    ),
}


def find_columns(
    header: Sequence[str], columns: Columns, path: Path
) -> tuple[int, int, int | None]:
    """Say where in a header the case, the activity and the time are.

    Raises:
        LogError: one of them is not there, or a name is there twice.
    """
    twice = next((name for at, name in enumerate(header) if name in header[:at]), None)
    if twice is not None:
        raise LogError(f"two columns are called {twice!r}: rename one of them", path=path)
    case, activity = (
        _find(header, "case", columns.case),
        _find(header, "activity", columns.activity),
    )
    timestamp = None if columns.timestamp is None else _find(header, "timestamp", columns.timestamp)
    missing = [
        (role, name)
        for role, name, at in (
            ("case", columns.case, case),
            ("activity", columns.activity, activity),
            ("timestamp", columns.timestamp, timestamp),
        )
        if name is not None and at is None
    ]
    if missing:
        raise LogError(_what_is_missing(header, missing), path=path)
    assert case is not None and activity is not None
    return case, activity, timestamp


def _find(header: Sequence[str], role: str, name: str) -> int | None:
    if name in header:
        return header.index(name)
    if name != getattr(DEFAULT, role):
        return None
    plain = [_plain(found) for found in header]
    return next((plain.index(also) for also in (name, *_ALSO[role]) if also in plain), None)


def _plain(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").replace("-", " ").split())


def _what_is_missing(header: Sequence[str], missing: Sequence[tuple[str, str]]) -> str:
    first = missing[0][0]
    names = " and ".join(repr(name) for _, name in missing)
    found = ", ".join(repr(name[:40]) for name in header[:30])
    near = difflib.get_close_matches(
        missing[0][1], [name[:40] for name in header if name], n=1, cutoff=0.4
    )
    guess = repr(near[0]) if near else "…"
    none = ", or that it has no times" if missing[-1][0] == "timestamp" else ""
    return f"no column {names} among {found}: say which it is, as in {first}={guess}{none}"
