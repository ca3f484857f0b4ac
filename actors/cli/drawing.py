"""The command that draws a definition."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from ..charts.diagram import diagram as draw
from ..workflow import Workflow
from .counts import Counts, count
from .definition import load_definition
from .errors import CommandFailed
from .opening import reading
from .options import DefinitionArgument
from .out import complain, say_text, write_file
from .picture import to_png

Format = Literal["mermaid", "dot", "svg", "png"]

_SUFFIXES: dict[str, Format] = {
    ".svg": "svg",
    ".png": "png",
    ".dot": "dot",
    ".gv": "dot",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
    ".md": "mermaid",
}


def diagram(
    definition: DefinitionArgument,
    format: Annotated[
        Format | None,
        typer.Option(help="By default what the name of the output says, else mermaid."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="By default stdout.")
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option("--store", "-s", metavar="FILE", help="Put counts from this store on it."),
    ] = None,
) -> None:
    """Draw states and transitions, with counts if a store is given."""
    wanted = _format(format, output)
    workflow = load_definition(definition, run=False)
    counts = None
    if store is not None:
        with reading(store) as system:
            counts = count(system, workflow)
        if not counts.visits:
            raise CommandFailed(
                f"{store} has no history of any {workflow.workflow_name}; check the path."
            )
    if wanted == "png":
        if output is None:
            raise CommandFailed("A PNG is no text for a terminal; give --output FILE.")
        write_file(output, to_png(draw_with(workflow, counts, "svg")))
    else:
        text = draw_with(workflow, counts, wanted)
        if output is None:
            say_text(text)
            return
        write_file(output, text.encode())
    complain(f"{output} is written.")


def _format(given: Format | None, output: Path | None) -> Format:
    if output is None:
        return given or "mermaid"
    named = _SUFFIXES.get(output.suffix.casefold())
    if named is None:
        if given is None:
            raise CommandFailed(
                f"The name of {output} says no format that can be drawn; end it in one of "
                f"{', '.join(_SUFFIXES)}, or give --format."
            )
        return given
    if given not in (None, named):
        raise CommandFailed(
            f"The name of {output} says {named} and --format says {given}; leave --format out, "
            f"or give another name."
        )
    return named


def draw_with(
    workflow: type[Workflow], counts: Counts | None, format: Literal["mermaid", "dot", "svg"]
) -> str:
    """Return a diagram of a workflow, with counts if there are any."""
    if counts is None:
        return draw(workflow, format)
    return draw(workflow, format, visits=counts.visits, taken=counts.taken)
