"""The commands that write a workflow for other tools, and the schemas of documents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from ..definitions.interchange import to_scxml, to_xstate
from .definition import load_definition
from .options import DefinitionArgument
from .out import complain, say_text, write_file


def convert(
    definition: DefinitionArgument,
    to: Annotated[
        Literal["scxml", "xstate"], typer.Option("--to", help="SCXML, or the JSON of XState v5.")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="By default stdout.")
    ] = None,
) -> None:
    """Write a workflow for other tools: SCXML, or the JSON of XState v5."""
    workflow = load_definition(definition, run=False)
    text = to_scxml(workflow) if to == "scxml" else to_xstate(workflow)
    if output is None:
        say_text(text)
        return
    write_file(output, text.encode())
    complain(f"{output} is written.")
