"""The command that tells all that is wrong with definitions, for people, editors and CI."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Annotated, Literal

import msgspec
import typer

from ...persistence.errors import RepertoryError
from ..definitions import (
    Definitions,
    Fault,
    FaultyDocument,
    SecretMissing,
    UnboundActions,
    unused_contracts,
)
from ..definitions.places import Places
from ..workflow import Workflow
from .definition import load_actions, load_workflows
from .errors import listed
from .from_document import load_document, split_document
from .options import ActionsModule, AsJson
from .out import complain, say, say_json


def check(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE…", help="Documents, or Python files and modules with workflows."
        ),
    ],
    actions: ActionsModule = None,
    format: Annotated[
        Literal["text", "json", "github"],
        typer.Option(help="One line a fault, one JSON document, or annotations for GitHub."),
    ] = "text",
    environment: Annotated[
        bool,
        typer.Option(
            "--environment/--no-environment",
            help="Whether variables of documents, ${VAR}, must be set here.",
        ),
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Tell everything that is wrong with definitions.

    Each fault is told as file:line:column: what. With --actions, actions that no function is
    bound to are faults too. Exits with 1 when there is any fault.
    """
    faults: list[Fault] = []
    found: list[type[Workflow]] = []
    notes: list[str] = []
    module = None if actions is None else load_actions(actions)
    for file in files:
        try:
            for workflow, of_it in _workflows(file, module, environment):
                found.append(workflow)
                notes += of_it
        except FaultyDocument as error:
            faults += error.faults
        except SecretMissing as error:
            faults += _of_resources(file, error)
        except UnboundActions as error:
            faults.append(Fault(str(error), error.actions[0], file))
        except RepertoryError as error:
            faults.append(_of_python(file, str(error)))
    if as_json or format == "json":
        say_json(
            {
                "faults": [msgspec.to_builtins(fault) for fault in faults],
                "workflows": [_document(workflow) for workflow in found],
                "notes": notes,
            }
        )
    elif format == "github":
        for fault in faults:
            say(_annotation(fault))
    else:
        for fault in faults:
            say(str(fault))
        for told in notes:
            say(f"note: {told}")
        sound = f"{listed(w.workflow_name for w in found)}: no faults." if found else ""
        complain(f"{len(faults)} fault{'s'[: len(faults) > 1]}." if faults else sound)
    if faults:
        raise typer.Exit(1)


def _workflows(
    file: str, actions: ModuleType | None, environment: bool
) -> Iterator[tuple[type[Workflow], list[str]]]:
    if split_document(file) is None:
        for found in load_workflows(file):
            yield found, []
        return
    place = split_document(file) or (file, None)
    definitions: Definitions = load_document(place[0], actions, run=environment)
    for workflow in definitions.values():
        if actions is not None:
            workflow.make_ready()
        yield workflow, [f"{place[0]}: {note}" for note in unused_contracts(workflow.definition)]


def _of_resources(file: str, error: SecretMissing) -> Iterator[Fault]:
    """Find where a document names the variables that its resources take their keys from."""
    path = (split_document(file) or (file, None))[0]
    places = Places(Path(path).read_text(encoding="utf-8-sig"))
    for name, variable in zip(error.resources, error.variables, strict=True):
        what = (
            f"'secret_key' of resource {name!r} takes the key from {variable}, which is not set in "
            f"the environment. Set it."
        )
        yield Fault(what, variable, path, *places.value(("resources", name, "secret_key")))


def _of_python(file: str, said: str) -> Fault:
    """Find the line in what is said of a Python file."""
    match = re.match(r"(?P<file>.+?)(?:, line |:)(?P<line>\d+)(?::\d+)?: (?P<what>.*)", said, re.S)
    if match is None:
        return Fault(said, "", file)
    return Fault(match["what"], "", match["file"], int(match["line"]))


def _document(workflow: type[Workflow]) -> dict[str, object]:
    return {
        "name": workflow.workflow_name,
        "version": workflow.version,
        "events": sorted(workflow.public_events()),
    }


def _annotation(fault: Fault) -> str:
    """One line that GitHub shows beside the line at fault."""
    file = Path(fault.file).as_posix()
    place = f"file={_property(file)},line={fault.line},col={fault.column}"
    return f"::error {place},title={_property(fault.name or 'definition')}::{_data(fault.what)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
