"""CSV logs as they come: delimiters, names, times, encodings, gzip."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest
from repertory.actors.cli.eventlog import Columns, LogError, LogEvent, count_events, read_log

PLAIN = b"case,activity,timestamp,cost\nc1,Ask,2024-01-02T03:04:05,7\nc2,Pay,2024-01-02 03:04:06,\n"
FIRST = LogEvent(1, "c1", "Ask", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), {"cost": "7"})
SECOND = LogEvent(2, "c2", "Pay", datetime(2024, 1, 2, 3, 4, 6, tzinfo=UTC), {"cost": None})


def write(directory: Path, content: bytes, name: str = "log.csv") -> Path:
    path = directory / name
    path.write_bytes(content)
    return path


def one(directory: Path, content: str, columns: Columns = Columns()) -> LogEvent:  # noqa: B008 - frozen
    (event,) = read_log(write(directory, content.encode()), columns=columns)
    return event


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(PLAIN, id="commas"),
        pytest.param(PLAIN.replace(b",", b";"), id="semicolons"),
        pytest.param(PLAIN.replace(b",", b"\t"), id="tabs"),
        pytest.param(b"\xef\xbb\xbf" + PLAIN, id="byte order mark"),
        pytest.param(PLAIN.replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(PLAIN.replace(b"\n", b"\n\n"), id="blank lines"),
        pytest.param(PLAIN[:-1], id="no newline at the end"),
        pytest.param(gzip.compress(PLAIN), id="gzip by content"),
        pytest.param(gzip.compress(PLAIN[:50]) + gzip.compress(PLAIN[50:]), id="gzip members"),
    ],
)
def test_a_csv_reads_the_same_however_it_is_written(tmp_path: Path, content: bytes) -> None:
    assert list(read_log(write(tmp_path, content))) == [FIRST, SECOND]


def test_the_real_log_is_read_whole(permit_log: Path) -> None:
    events = list(read_log(permit_log))
    assert (len(events), len({e.case for e in events}), len({e.activity for e in events})) == (
        8577,
        1434,
        27,
    )
    assert [event.row for event in events] == list(range(1, 8578))
    assert events[0].data == {"resource": "Resource26", "channel": "Internet"}
    assert count_events(permit_log) == 8577


@pytest.mark.parametrize(
    "header",
    [
        "case:concept:name,concept:name,time:timestamp",
        "Case ID,Activity,Complete Timestamp",
        "case_id,activity_name,timestamp",
        "CaseID,ACTIVITY,Time",
    ],
)
def test_the_names_that_other_tools_give_are_understood(tmp_path: Path, header: str) -> None:
    event = one(tmp_path, f"{header}\nc1,Ask,2024-01-02T03:04:05\n")
    assert (event.case, event.activity, event.timestamp) == ("c1", "Ask", FIRST.timestamp)


def test_the_default_names_win_over_the_common_ones(tmp_path: Path) -> None:
    event = one(tmp_path, "case id,case,activity,timestamp\nwrong,right,Ask,\n")
    assert (event.case, event.timestamp, event.data) == ("right", None, {"case id": "wrong"})


def test_columns_that_are_named_are_taken(tmp_path: Path) -> None:
    columns = Columns("who", "what", "when", "%d.%m.%Y %H:%M")
    event = one(tmp_path, "what;when;who\nAsk;02.01.2024 03:04;c1\n", columns)
    assert event == LogEvent(1, "c1", "Ask", datetime(2024, 1, 2, 3, 4, tzinfo=UTC), {})


def test_a_log_without_times_is_read_when_told_so(tmp_path: Path) -> None:
    event = one(tmp_path, "case,activity\nc1,Ask\n", Columns(timestamp=None))
    assert event == LogEvent(1, "c1", "Ask", None, {})


@pytest.mark.parametrize(
    ("text", "hour", "microsecond"),
    [
        ("2024-01-02T12:00:00+02:00", 10, 0),
        ("2024-01-02 12:00:00.123456+0000", 12, 123456),
        ("2024/01/02 12:00:00.123", 12, 123000),
        ("2024-01-02T12:00:00Z", 12, 0),
        ("2024-01-02 12:00:00 UTC", 12, 0),
    ],
)
def test_times_are_given_in_utc(tmp_path: Path, text: str, hour: int, microsecond: int) -> None:
    event = one(tmp_path, f"case,activity,timestamp\nc1,Ask,{text}\n")
    assert event.timestamp == datetime(2024, 1, 2, hour, 0, 0, microsecond, tzinfo=UTC)


def test_a_cell_may_hold_delimiters_quotes_and_line_breaks(tmp_path: Path) -> None:
    event = one(tmp_path, 'case,activity,timestamp,note\nc1,Ask,,"a, ""b""\nc"\n')
    assert event.data == {"note": 'a, "b"\nc'}


def test_a_named_column_must_be_there_as_it_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, PLAIN)
    with pytest.raises(LogError, match=r"no column 'cases' among 'case', .*as in case='case'"):
        next(read_log(path, columns=Columns(case="cases")))
