"""Whatever the bytes are, a log is read or a LogError says why not."""

from __future__ import annotations

import gzip
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from hypothesis import example, given, settings
from hypothesis import strategies as st
from repertory.actors.cli.eventlog import LogError, LogEvent, count_events, in_time_order, read_log

CSV = b'case,activity,timestamp,x\nc1,Ask,2024-01-02T03:04:05,7\n"c2","P""ay",0001-01-01,\n'
XES = (
    b'<?xml version="1.0"?><log><trace><string key="concept:name" value="c"/><event>'
    b'<string key="concept:name" value="A"/><int key="n" value="1"/><float key="f" value="1"/>'
    b'<date key="time:timestamp" value="2024-01-02T03:04:05+01:00"/></event></trace></log>'
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A log with pieces cut out, doubled, replaced, or packed and then damaged."""
    content = draw(st.sampled_from([CSV, XES, gzip.compress(CSV), gzip.compress(XES)]))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(content)))
        end = draw(st.integers(start, min(len(content), start + 20)))
        piece = draw(
            st.one_of(
                st.binary(max_size=6),
                st.just(content[start:end] * 2),
                st.sampled_from(
                    [b"", b'"', b"\x00", b"\n", b"<event>", b"&#0;", b"]]>", b"\xff\xfe"]
                ),
            )
        )
        content = content[:start] + piece + content[end:]
    return gzip.compress(content) if draw(st.booleans()) else content


@given(
    st.one_of(st.binary(max_size=200), damaged()),
    st.sampled_from(["error", "skip"]),
    st.sampled_from(["log", "log.csv.gz"]),
)
@example(b"", "skip", "log")
@example(b"\r", "error", "log")
@example(b'"', "skip", "log")
@example(b"\x1f\x8b", "error", "log.csv.gz")
@example(b"<?xml version='1.0' encoding='idna'?><log/>", "error", "log")
@example(b"<?xml version='1.0' encoding='utf-7'?><log/>", "error", "log")
@example(b"<?xml version='1.0' encoding='\xff'?><log/>", "error", "log")
@settings(max_examples=400, deadline=None)
def test_any_bytes_give_events_or_a_log_error(
    content: bytes, on_broken: Literal["error", "skip"], name: str
) -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory, name)
        path.write_bytes(content)
        rows = []
        try:
            for event in in_time_order(read_log(path, on_broken=on_broken), in_memory=2):
                assert isinstance(event, LogEvent)
                assert event.case and event.activity
                rows.append(event.row)
        except LogError as error:
            assert str(path) in str(error)
        else:
            assert len(set(rows)) == len(rows) > 0
        try:
            assert count_events(path) >= 0
        except LogError:
            pass
