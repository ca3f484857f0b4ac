"""What is said about a log that can't be read, and what is read of it all the same."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from repertory.actors.cli.eventlog import LogError, LogEvent, count_events, read_log
from repertory.persistence.errors import RepertoryError

HEADER = "case,activity,timestamp\n"
GOOD = "c1,Ask,2024-01-02T03:04:05\n"
TRACE = '<trace><string key="concept:name" value="c1"/>'
EVENT = '<event><string key="concept:name" value="Ask"/></event>'
BOMB = '<!DOCTYPE log [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


def write(directory: Path, content: str | bytes, name: str = "log") -> Path:
    path = directory / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read_until_error(path: Path) -> tuple[list[LogEvent], LogError]:
    read: list[LogEvent] = []
    with pytest.raises(LogError) as caught:
        for event in read_log(path):
            read.append(event)
    return read, caught.value


@pytest.mark.parametrize(
    ("content", "events", "row", "says"),
    [
        pytest.param("", 0, 0, "it is empty", id="no bytes"),
        pytest.param("\n \n", 0, 0, "it is empty", id="blank lines"),
        pytest.param(HEADER, 0, 0, "it has no events", id="header only"),
        pytest.param("cases,act,when\n1,2,3\n", 0, None, "'cases', 'act', 'when'", id="columns"),
        pytest.param("case,case,activity\n", 0, None, "two columns are called 'case'", id="twice"),
        pytest.param(HEADER + GOOD + "c1,Ask\n", 1, 2, "2 fields, the header 3", id="few fields"),
        pytest.param(HEADER + "a,b,c,d\n", 0, 1, "4 fields, the header 3", id="many fields"),
        pytest.param(HEADER + " ,Ask,\n", 0, 1, "'case' is empty", id="no case"),
        pytest.param(HEADER + "c1,,\n", 0, 1, "'activity' is empty", id="no activity"),
        pytest.param(HEADER + "c1,Ask,soon\n", 0, 1, "the time 'soon' can't be read", id="time"),
        pytest.param(HEADER + GOOD + 'c1,"Ask,\n', 1, 2, "unexpected end", id="open quote"),
        pytest.param(HEADER + GOOD + 'c1,"A"sk,\n', 1, 2, "expected after", id="stray quote"),
        pytest.param(HEADER + f"c1,{'x' * (1 << 20)},\n", 0, 1, "longer than 1048576", id="long"),
        pytest.param((HEADER + GOOD).encode() + b"c1,\xe9,\n", 1, 2, "byte 54 of the", id="latin"),
        pytest.param((HEADER + GOOD).encode("utf-16"), 0, 0, "byte 0 of the file", id="utf-16"),
        pytest.param("<html/>", 0, 0, "begins with <html>", id="html"),
        pytest.param("<log/>", 0, 0, "it has no events", id="no traces"),
        pytest.param(f"<log>{TRACE}{EVENT}", 1, 1, "cut off in the middle", id="cut-off XML"),
        pytest.param(f"<log>{TRACE}{EVENT}<event <", 1, 1, "not well-formed", id="bad XML"),
        pytest.param(f"<log>{TRACE}<event/></trace></log>", 0, 1, "is empty", id="no name"),
        pytest.param(f"<log>{EVENT}</log>", 0, 1, "every case needs one", id="no trace"),
        pytest.param(
            f'<log>{TRACE}<event><int key="n" value="x"/></event></trace></log>',
            0,
            1,
            "'n' is not of type int: 'x'",
            id="bad number",
        ),
        pytest.param(f"{BOMB}<log>&b;</log>", 0, 0, "declares a document type", id="entities"),
        pytest.param("<log>" + "<a>" * 100, 0, 0, "more than 64 deep", id="deep"),
        pytest.param("<?xml version='1.0' encoding='cp9'?><log/>", 0, 0, "encoding", id="charset"),
        pytest.param(b"<log>" + b" " * (17 << 20), 0, 0, "no event ends within", id="endless"),
    ],
)
def test_the_error_says_what_is_wrong_where_and_after_what(
    tmp_path: Path, content: str | bytes, events: int, row: int | None, says: str
) -> None:
    path = write(tmp_path, content)
    read, error = read_until_error(path)
    assert (len(read), error.row, error.path) == (events, row, path)
    assert says in error.reason
    assert str(error).startswith(str(path))
    assert isinstance(error, RepertoryError)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    assert "no such file" in read_until_error(tmp_path / "nowhere")[1].reason
    assert "Is a directory" in read_until_error(tmp_path)[1].reason


def test_a_name_that_no_file_can_have_is_an_error_of_the_log() -> None:
    assert "can't be opened" in read_until_error(Path("a\0b"))[1].reason


def test_a_file_that_is_gzip_by_name_only_is_told(tmp_path: Path) -> None:
    assert "isn't gzip" in read_until_error(write(tmp_path, HEADER + GOOD, "log.csv.gz"))[1].reason


@pytest.mark.parametrize("head", [HEADER, f"<log>{TRACE}"])
def test_a_cut_off_gzip_says_after_which_row(tmp_path: Path, head: str, permit_log: Path) -> None:
    body = GOOD if head == HEADER else EVENT
    packed = gzip.compress((head + body * 20_000).encode(), compresslevel=0)
    read, error = read_until_error(write(tmp_path, packed[: len(packed) // 2]))
    assert len(read) > 1000
    assert error.row == len(read)
    assert f"cut off after row {len(read)}" in error.reason


def test_damaged_gzip_is_told_and_not_taken_for_the_end(tmp_path: Path, permit_log: Path) -> None:
    packed = bytearray(permit_log.read_bytes())
    packed[-6] ^= 1
    read, error = read_until_error(write(tmp_path, bytes(packed)))
    assert "damaged" in error.reason
    assert error.row == len(read) > 1000  # how much is read ahead is Python's to say
    with pytest.raises(LogError, match="damaged"):
        count_events(error.path)


def test_broken_rows_can_be_left_out_and_are_reported(tmp_path: Path) -> None:
    rows = [GOOD, "c1\n", GOOD, 'c1,"a"b,\n', ",Ask,\n", GOOD]
    content = (HEADER + "".join(rows)).encode() + b"c1,\xff,\n" + GOOD.encode()
    broken: list[LogError] = []
    read = list(read_log(write(tmp_path, content), on_broken="skip", report=broken.append))
    assert [event.row for event in read] == [1, 3, 6, 8]
    assert [error.row for error in broken] == [2, 4, 5, 7]
    assert broken[0].fields == ("c1",)


def test_broken_events_of_an_xes_can_be_left_out(tmp_path: Path) -> None:
    content = f"<log>{TRACE}{EVENT}<event/>{EVENT}</trace></log>"
    broken: list[LogError] = []
    read = list(read_log(write(tmp_path, content), on_broken="skip", report=broken.append))
    assert [event.row for event in read] == [1, 3]
    assert [error.row for error in broken] == [2]


def test_a_log_of_broken_rows_only_is_an_error_even_so(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="all of its 2 rows are broken"):
        list(read_log(write(tmp_path, HEADER + "x\ny\n"), on_broken="skip"))


def test_an_error_of_the_callers_own_is_left_alone(tmp_path: Path) -> None:
    def fail(_broken: LogError) -> None:
        raise OSError("the report's disk is full")

    with pytest.raises(OSError, match="disk is full"):
        list(read_log(write(tmp_path, HEADER + "x\n"), on_broken="skip", report=fail))


def test_an_unknown_choice_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'error' or 'skip'"):
        read_log(tmp_path, on_broken="ignore")  # type: ignore[arg-type]  # tested here
