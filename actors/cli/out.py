"""What people see: tables in a terminal, plain lines with tabs in a pipe, and errors."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .errors import CommandFailed


def console() -> Console:
    """Return the console of what stdout is now."""
    return Console(highlight=False)


def complain(sentence: str) -> None:
    """Write a sentence to stderr."""
    sys.stderr.write(printable(sentence) + "\n")


def say(sentence: str) -> None:
    """Write a line to stdout."""
    sys.stdout.write(printable(sentence) + "\n")


def say_text(text: str) -> None:
    """Write a text of many lines to stdout as it is."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def say_json(document: Any) -> None:
    """Write one JSON document to stdout."""
    text = msgspec.json.format(msgspec.json.encode(document), indent=2)
    say_text(text.decode())


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], title: str = "") -> None:
    """Write a table: ruled in a terminal, else with tabs and nothing cut off.

    Arguments:
        columns: their heads; one that begins with ">" is set to the right, one with "=" is not
            folded, and one with "~" is cut where there is no room for it.
        rows: their cells.
        title: what stands above.
    """
    to = console()
    if to.is_terminal:
        to.print(ruled(columns, rows, title, to))
    else:
        heads = [column.lstrip(">=~") for column in columns]
        lines = ["\t".join(printable(str(cell)) for cell in row) for row in (heads, *rows)]
        say_text("\n".join([f"{title}:", *lines] if title else lines))


def ruled(
    columns: Sequence[str], rows: Sequence[Sequence[object]], title: str, to: Console
) -> Table:
    """Return a table for a terminal; see `table`."""
    heads = [column.lstrip(">=~") for column in columns]
    made = Table(
        box=SIMPLE_HEAD,
        header_style="bold",
        title=Text(title, "bold") if title else None,
        title_justify="left",
        pad_edge=False,
    )
    for column, head in zip(columns, heads, strict=True):
        cut = column.startswith("~")
        made.add_column(
            Text(head),
            justify="right" if column.startswith(">") else "left",
            no_wrap=column[0] in ">=~",
            overflow="ellipsis" if cut else "fold",
            max_width=max(16, to.width // 5) if cut else None,
        )
    for row in rows:
        made.add_row(*(Text(printable(str(cell))) for cell in row))
    return made


def printable(text: str) -> str:
    """Return a text without what could move the cursor or colour the terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def write_file(path: Path, content: bytes) -> None:
    """Write a file.

    Raises:
        CommandFailed: it can't be written.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise CommandFailed(
            f"{path} can't be written: {error.strerror or error}; check the folder and its "
            f"permissions."
        ) from error
