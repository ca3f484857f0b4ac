"""The command that writes a typed module of a document's states and events."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..definitions import stub_module
from .errors import CommandFailed
from .from_document import load_document, split_document
from .out import complain, say_text, write_file


def stubs(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A document.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="By default stdout.")
    ] = None,
) -> None:
    """Write a typed Python module of states and events.

    With its enums, a type checker finds an event or a state that does not exist.
    """
    if split_document(str(file)) is None:
        raise CommandFailed(
            f"{file} is no document, and stubs are for documents, .toml or .json: a workflow class "
            f"has its states and events as attributes, which type checkers see."
        )
    text = stub_module(load_document(str(file), run=False), file.name)
    if output is None:
        say_text(text)
        return
    write_file(output, text.encode())
    complain(f"{output} is written.")
