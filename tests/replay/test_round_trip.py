"""What is written to a log in a standard way is read from it as it was."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.sax.saxutils import quoteattr

from hypothesis import given, settings
from hypothesis import strategies as st
from repertory.actors.cli.eventlog import LogEvent, read_log

# No control characters: XML has none, and strip() takes some for spaces.
TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co")), max_size=9
)
CELL = st.one_of(TEXT, st.sampled_from(["a\nb", "a\r\nb", 'say "no"', "1,5;2\t3", "\r"]))
NAME = TEXT.filter(lambda text: text == text.strip() != "")
WHEN = st.none() | st.datetimes(timezones=st.just(UTC))
INT, FLOAT = st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.fixed_dictionaries({"text": CELL, "n": INT, "x": FLOAT, "yes": st.booleans()})
KINDS = {"text": "string", "n": "int", "x": "float", "yes": "boolean"}
ROWS = st.lists(st.tuples(NAME, NAME, WHEN, VALUES), min_size=1, max_size=8)
Row = tuple[str, str, datetime | None, dict[str, str | int | float | bool]]


def read(content: str) -> list[LogEvent]:
    with TemporaryDirectory() as directory:
        path = Path(directory, "log")
        path.write_bytes(content.encode())
        return list(read_log(path))


@settings(deadline=None)
@given(ROWS, st.sampled_from(",;\t"), st.booleans())
def test_a_csv_comes_back_as_it_was(rows: list[Row], delimiter: str, quote: bool) -> None:
    quoting = csv.QUOTE_ALL if quote else csv.QUOTE_MINIMAL
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, quoting=quoting)
    writer.writerow(["text", "case", "timestamp", "activity"])
    for case, activity, when, data in rows:
        writer.writerow([data["text"], case, when.isoformat() if when else "", activity])
    assert read(file.getvalue()) == [
        LogEvent(row, case, activity, when, {"text": data["text"] or None})
        for row, (case, activity, when, data) in enumerate(rows, 1)
    ]


@settings(deadline=None)
@given(ROWS)
def test_an_xes_comes_back_as_it_was(rows: list[Row]) -> None:
    assert read(f"<log>{''.join(_trace(*row) for row in rows)}</log>") == [
        LogEvent(number, case, activity, when, data)
        for number, (case, activity, when, data) in enumerate(rows, 1)
    ]


def _trace(
    case: str, activity: str, when: datetime | None, data: dict[str, str | int | float | bool]
) -> str:
    event = _attribute("string", "concept:name", activity)
    if when is not None:
        event += _attribute("date", "time:timestamp", when.isoformat())
    for key, value in data.items():
        text = str(value).lower() if key == "yes" else str(value)
        event += _attribute(KINDS[key], key, text)
    return f"<trace>{_attribute('string', 'concept:name', case)}<event>{event}</event></trace>"


def _attribute(kind: str, key: str, value: str) -> str:
    return f"<{kind} key={quoteattr(key)} value={quoteattr(value)}/>"
