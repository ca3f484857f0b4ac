"""The command that makes a project to start from."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from .converting import schema_text
from .errors import CommandFailed
from .out import say, write_file

_FILES = ("order.toml", "actions.py", "main.py", "README.md")
_SCHEMA = "workflow.schema.json"


def new(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder; made if need be, else empty.")
    ],
) -> None:
    """Make a project to start from.

    It has a workflow as a document, its actions, and a program that runs it.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CommandFailed(f"{folder} is there already and not empty; give another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        content = files(f"{__package__}.project").joinpath(f"{name}.txt").read_bytes()
        write_file(folder / name, content)
    # Named in the document's first line, so that editors complete and check it.
    write_file(folder / _SCHEMA, schema_text("native").encode())
    say(f"{folder} has {', '.join((*_FILES, _SCHEMA))}.")
    trying = """repertory run order.toml --actions actions.py --context '{"total": 30}'"""
    say(f"Next: cd {folder}; python main.py; {trying}")
