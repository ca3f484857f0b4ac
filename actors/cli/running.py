"""The command that starts a workflow and takes events for it, typed or piped in."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import msgspec
import typer

from ...persistence.errors import RepertoryError, WorkflowNotFound
from ..charts import offered
from ..notifications import Committed
from ..ref import WorkflowRef
from ..snapshot import Snapshot
from ..system import ActorSystem
from ..workflow import Workflow
from .definition import load_definition
from .errors import CommandFailed
from .event_line import EventLine
from .from_document import split_document
from .opening import KEEP_ALL
from .options import ActionsModule
from .out import complain, say
from .writing import json_object


def run(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A document, or a Python file with workflows.")
    ],
    workflow: Annotated[
        str | None,
        typer.Argument(metavar="WORKFLOW", help="Its name; left out where there is just one."),
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(
            "--store", "-s", metavar="FILE", help="Keep it in this SQLite file; made if need be."
        ),
    ] = None,
    id: Annotated[
        str | None,
        typer.Option("--id", metavar="ID", help="Its id; one that is stored already goes on."),
    ] = None,
    context: Annotated[
        str | None,
        typer.Option(metavar="JSON", help="The fields of its context, a JSON object."),
    ] = None,
    actions: ActionsModule = None,
) -> None:
    """Start a workflow, and send it events.

    Each line of input is an event with its data: `pay amount=30`, or `pay {"amount": 30}`. In a
    terminal they are prompted for. The active states are shown after each event, and whenever they
    change by themselves. Exits with 1 when an event from a pipe was refused or failed.
    """
    given = file if workflow is None or ":" in file else f"{file}:{workflow}"
    if workflow is not None and split_document(file) is None and ":" in file:
        raise CommandFailed(f"{file} names a workflow already; leave {workflow!r} out.")
    definition = load_definition(given, actions=actions)
    fields = json_object(context, "--context")
    system = ActorSystem() if store is None else ActorSystem(store, retention=KEEP_ALL)
    with system:
        ref = _start(system, definition, id, fields)
        session = _Session(ref, definition, prompting=sys.stdin.isatty())
        system.subscribe(session.hear, id=ref.id)
        session.greet()
        session.show(ref.snapshot())
        failed = session.take(sys.stdin)
    if failed:
        raise typer.Exit(1)


def _start(
    system: ActorSystem, definition: type[Workflow], id: str | None, fields: dict[str, Any]
) -> WorkflowRef:
    if id is not None:
        try:
            ref = system.get(id)
        except WorkflowNotFound:
            pass
        else:
            record = system.metadata(id)
            if record.type != definition.workflow_name:
                raise CommandFailed(
                    f"Workflow {id!r} is a {record.type}, and this is {definition.workflow_name}; "
                    f"give another --id."
                )
            if fields:
                raise CommandFailed(f"Workflow {id!r} has begun already; leave --context out.")
            return ref
    return system.start(definition, id=id, context=fields or None)


_HELP = "A line is an event with its data, as in `pay amount=30`. Ctrl-D leaves, or quit."
_LEAVE = frozenset(("quit", "exit"))
_WORDS = _LEAVE | {"help", "?"}


class _Session:
    """One workflow, and whoever looks at it."""

    def __init__(self, ref: WorkflowRef, definition: type[Workflow], *, prompting: bool) -> None:
        self._ref = ref
        self._definition = definition
        self._keys: set[str] = set()
        self._prompting = prompting

    def greet(self) -> None:
        """Say in a terminal how events are written, and how to leave."""
        if self._prompting:
            say(_HELP)

    def hear(self, committed: Committed) -> None:
        """Show a step that nobody here has sent an event for, such as a time-out's."""
        if committed.entry.key not in self._keys and committed.entry.source:
            say(f"({committed.entry.event})")
            self.show(self._ref.snapshot())

    def take(self, lines: Any) -> bool:
        """Send an event for each line, until the workflow has finished; tell whether one failed."""
        failed = False
        for line in self._lines(lines):
            try:
                event = EventLine.read(line, self._definition.public_events())
                key = uuid4().hex
                self._keys.add(key)
                answer = self._ref.ask(event.name, event.data, key=key)
            except RepertoryError as error:
                complain(str(error))
                failed = failed or not self._prompting
                continue
            snapshot = self._ref.snapshot()
            if answer is not None:
                say(f"answer: {msgspec.json.encode(answer).decode()}")
            self.show(snapshot)
            if snapshot.finished:
                break
        return failed

    def show(self, snapshot: Snapshot) -> None:
        """Write the active states, those within others under them."""
        for depth, state in _nested(self._definition, snapshot.configuration):
            say(f"{'  ' * depth}{state}")
        if snapshot.finished:
            say(f"{self._ref.id} has finished.")
        elif self._prompting:
            known = self._definition.public_events()
            events = [e for e in offered(self._definition, snapshot.configuration) if e in known]
            say(f"events: {', '.join(events)}")

    def _lines(self, lines: Any) -> Iterator[str]:
        while not self._ref.snapshot().finished:
            if self._prompting:
                sys.stdout.write("> ")
                sys.stdout.flush()
            line = lines.readline()
            if not line:
                return
            word = line.strip().casefold()
            if self._prompting and word in _WORDS and word not in self._definition.public_events():
                if word in _LEAVE:
                    return
                self.greet()
                self.show(self._ref.snapshot())
            elif line.strip() and not line.lstrip().startswith("#"):
                yield line.strip()


def _nested(
    definition: type[Workflow], configuration: tuple[str, ...]
) -> Iterator[tuple[int, str]]:
    """Yield the active states with their depths, in document order."""
    pending: list[tuple[int, Any]] = [(0, state) for state in reversed(list(definition.states))]
    while pending:
        depth, state = pending.pop()
        if state.id in configuration:
            yield depth, state.id
            pending += [(depth + 1, inner) for inner in reversed(state.states)]
