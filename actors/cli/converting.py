"""The commands that write a workflow for other tools, and the schemas of documents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer

from ..definitions import document_schema
from ..definitions.interchange import to_scxml, to_statechart, to_xstate
from .definition import load_definition
from .options import DefinitionArgument
from .out import complain, say_text, write_file


def convert(
    definition: DefinitionArgument,
    to: Annotated[
        Literal["scxml", "xstate", "json", "yaml"],
        typer.Option(
            "--to", help="SCXML; XState v5's JSON; or python-statemachine's JSON or YAML."
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="By default stdout.")
    ] = None,
) -> None:
    """Write a workflow for other tools, as SCXML, JSON or YAML."""
    workflow = load_definition(definition, run=False)
    if to in ("json", "yaml"):
        _write(to_statechart(workflow, yaml=to == "yaml"), output)
    else:
        _write(to_scxml(workflow) if to == "scxml" else to_xstate(workflow), output)


def schema(
    form: Annotated[
        Literal["native", "swarm"],
        typer.Argument(metavar="[FORM]", help="native, the short form; or swarm, for Swarm.toml."),
    ] = "native",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="By default stdout.")
    ] = None,
) -> None:
    """Write the JSON Schema of documents, for editors.

    A first line `#:schema ./FILE` in a document makes editors of TOML complete and check it.
    """
    _write(schema_text(form), output)


def schema_text(form: Literal["native", "swarm"]) -> str:
    """Return the JSON Schema of a form as it is written to files."""
    return msgspec.json.format(msgspec.json.encode(document_schema(form))).decode() + "\n"


def _write(text: str, output: Path | None) -> None:
    if output is None:
        say_text(text)
        return
    write_file(output, text.encode())
    complain(f"{output} is written.")
