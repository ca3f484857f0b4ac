"""The commands that change a store: while they run, they are its one writer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from ...persistence.errors import RepertoryError, WorkflowExists
from ..system import ActorSystem
from ..workflow import Workflow
from .definition import load_definition
from .documents import workflow_document
from .errors import CommandFailed, nearest
from .opening import writing
from .options import ActionsModule, AsJson, Definition, Store, WorkflowId
from .out import say, say_json


def send(
    id: WorkflowId,
    event: Annotated[str, typer.Argument(metavar="EVENT", help="The event's id.")],
    definition: Definition,
    store: Store,
    data: Annotated[
        str | None,
        typer.Option(metavar="JSON", help="The event's data, a JSON object."),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="An idempotency key: sent again, it takes effect once."),
    ] = None,
    actions: ActionsModule = None,
    as_json: AsJson = False,
) -> None:
    """Send an event, and wait until what it did is durable."""
    fields = json_object(data)
    workflow = load_definition(definition, actions=actions)
    with writing(store) as system:
        _must_be(system, id, workflow)
        ref = system.get(id)
        known = workflow.public_events()
        if event not in known and (guess := nearest(event, known)) != ".":
            raise CommandFailed(f"A {workflow.workflow_name} has no event {event!r}{guess}")
        before, number = ref.state, system.metadata(id).number
        earlier = None if key is None else system._services.store.find_key(number, key)
        result = ref.ask(event, fields, key=key)
        after, record = ref.state, system.metadata(id)
    if as_json:
        say_json({"workflow": workflow_document(record), "event": event, "result": result})
    else:
        answer = "" if result is None else f"; answer: {msgspec.json.encode(result).decode()}"
        if earlier is None:
            said = f"{before} -> {after}"
        else:
            said = (
                f"this key was taken before, in step {earlier.sequence}, and is answered from the "
                f"record; it is in {after}"
            )
        say(f"{id}: {said}, step {record.sequence}{answer}")


def rollback(
    id: WorkflowId,
    definition: Definition,
    store: Store,
    to: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="The step after which it stood there."),
    ] = None,
    actions: ActionsModule = None,
    as_json: AsJson = False,
) -> None:
    """Put a workflow back to where it stood.

    By default that is before its last step. It is a step of its own. No action runs, and what was
    done outside is not undone.
    """
    workflow = load_definition(definition, actions=actions)
    with writing(store) as system:
        _must_be(system, id, workflow)
        ref = system.get(id)
        before = ref.state
        ref.rollback(to)
        after, record = ref.state, system.metadata(id)
    if as_json:
        say_json({"workflow": workflow_document(record)})
    else:
        say(f"{id}: {before} -> {after}, step {record.sequence}")


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `export` wrote.")],
    store: Store,
    as_json: AsJson = False,
) -> None:
    """Put an exported workflow into a store, made if need be."""
    try:
        document = file.read_bytes()
    except OSError as error:
        raise CommandFailed(
            f"{file} can't be read: {error.strerror or error}; check the path."
        ) from error
    with writing(store, new=True) as system:
        try:
            record = system.metadata(system.import_(document).id)
        except WorkflowExists as error:
            raise CommandFailed(
                f"{file} is workflow {error.workflow_id!r}, and {store} has one of that id; import "
                f"it into another store, or first delete that one with `repertory remove`."
            ) from error
        except RepertoryError as error:
            raise CommandFailed(f"{file}: {error}") from error
    if as_json:
        say_json({"workflow": workflow_document(record)})
    else:
        say(f"{record.id}: a {record.type} with {record.sequence} steps is in {store} now.")


def remove(id: WorkflowId, store: Store, as_json: AsJson = False) -> None:
    """Delete a workflow and all its history."""
    with writing(store) as system:
        record = system.metadata(id)
        system.remove(id)
    if as_json:
        say_json({"workflow": workflow_document(record)})
    else:
        say(f"{id}: removed, with {record.sequence} steps.")


def json_object(data: str | None, option: str = "--data") -> dict[str, Any]:
    """Return the JSON object that an option has; an empty one when it was not given.

    Raises:
        CommandFailed: it is none.
    """
    if data is None:
        return {}
    try:
        # Not msgspec's: it makes a float of a number that is too long for it.
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise CommandFailed(f"{option} is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise CommandFailed(
            f"{option} must be a JSON object, with a field for each parameter: "
            """'{"amount": 3}'."""
        )
    return value


def _must_be(system: ActorSystem, id: str, workflow: type[Workflow]) -> None:
    record = system.metadata(id)
    if record.type != workflow.workflow_name:
        raise CommandFailed(
            f"Workflow {id!r} is a {record.type}, and the definition is that of a "
            f"{workflow.workflow_name}; give that of its class."
        )
