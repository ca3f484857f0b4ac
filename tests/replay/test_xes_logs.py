"""XES logs: types, traces, bounds of memory."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from repertory.actors.cli.eventlog import Columns, LogEvent, count_events, read_log

XES = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://example.org/concept.xesext"/>
  <global scope="event"><string key="concept:name" value="none"/></global>
  <classifier name="Activity" keys="concept:name"/>
  <string key="concept:name" value="the log"/>
  <trace>
    <string key="concept:name" value="c1"/>
    <string key="channel" value="Desk"><string key="meta" value="ignored"/></string>
    <event>
      <string key="concept:name" value="Ask &amp; tell"/>
      <date key="time:timestamp" value="2024-01-02T04:04:05.000+01:00"/>
      <int key="cost" value="7"/><float key="rate" value="0.5"/>
      <boolean key="urgent" value="true"/><id key="uid" value="u-1"/>
      <int key="huge" value="123456789012345678901234567890"/><float key="odd" value="NaN"/>
      <list key="many"><string key="inner" value="ignored"/></list>
    </event>
  </trace>
  <trace><string key="concept:name" value="c2"/>
    <event><string key="concept:name" value="Pay"/></event>
  </trace>
</log>
"""
EVENTS = [
    LogEvent(
        1,
        "c1",
        "Ask & tell",
        datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC),
        {
            "cost": 7,
            "rate": 0.5,
            "urgent": True,
            "uid": "u-1",
            "huge": "123456789012345678901234567890",
            "odd": "NaN",
            "case:channel": "Desk",
        },
    ),
    LogEvent(2, "c2", "Pay", None, {}),
]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(XES.encode(), id="UTF-8"),
        pytest.param(b"\xef\xbb\xbf" + XES.encode(), id="byte order mark"),
        pytest.param(XES.replace("UTF-8", "UTF-16").encode("utf-16"), id="UTF-16"),
        pytest.param(gzip.compress(XES.encode()), id="gzip"),
        pytest.param(
            XES.replace("<", "<x:").replace("<x:/", "</x:").replace("<x:?", "<?").encode(),
            id="prefixes",
        ),
    ],
)
def test_an_xes_reads_the_same_however_it_is_written(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "log.xes"
    path.write_bytes(content)
    assert list(read_log(path)) == EVENTS


def test_attributes_that_are_named_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "log.xes"
    path.write_text(XES)
    columns = Columns(case="channel", activity="uid", timestamp=None)
    events = read_log(path, columns=columns, on_broken="skip")
    assert [(e.case, e.activity, e.timestamp) for e in events] == [("Desk", "u-1", None)]


@pytest.mark.parametrize("size", [1, 5000, 40_000])
def test_events_are_counted_without_parsing(tmp_path: Path, size: int) -> None:
    path = tmp_path / "log.xes"
    event = '<event><string key="eventful" value="event"/></event>'
    path.write_text(f"<log><trace>{event * size}</trace></log>")
    assert count_events(path) == size


@pytest.mark.parametrize("one_trace", [True, False])
def test_memory_does_not_grow_with_the_log(tmp_path: Path, one_trace: bool) -> None:
    """17 MB are read, as one endless trace or as many, in less than 2 MB."""
    path = tmp_path / "log.xes.gz"
    name, text = '<string key="concept:name" value="x"/>', "y" * 800
    event = f'<event>{name}<string key="note" value="{text}"/></event>'
    between = "" if one_trace else f"</trace><trace>{name}"
    with gzip.open(path, "wt", compresslevel=1) as file:
        file.write(f"<log><trace>{name}")
        file.writelines(event + between for _ in range(20_000))
        file.write("</trace></log>")
    assert peak_of(read_log(path)) < 2_000_000


def peak_of(events: Iterator[LogEvent]) -> int:
    tracemalloc.start()
    try:
        for _ in events:
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
