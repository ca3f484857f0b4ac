"""The commands that only look: they need no definition, and no other process stops them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from ...persistence.errors import UnknownState, UnknownWorkflow
from ..history import HistoryEntry
from ..innermost import Innermost
from ..position import utc
from ..system import ActorSystem
from ..timers import WHOLE
from .activities import activity_document, activity_line
from .documents import entry_document, problem_document, timer_document, workflow_document
from .errors import CommandFailed, listed, nearest
from .opening import reading
from .options import AsJson, Store, WorkflowId
from .out import complain, console, say, say_json, say_text, table, write_file
from .unfit import list_unfit

_WIDE = 120
"""Columns that a terminal needs to show the events' data beside the rest."""


def list_(
    store: Store,
    class_name: Annotated[
        str | None, typer.Option("--class", metavar="NAME", help="Only workflows of this class.")
    ] = None,
    state: Annotated[
        str | None,
        typer.Option(
            metavar="STATE",
            help="Only those in this state, at any depth; or in all of several, as in a+b.",
        ),
    ] = None,
    finished: Annotated[
        bool | None,
        typer.Option(
            "--finished/--open", help="Only those at their end, or not.", show_default=False
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many at the most.")] = 100,
    after: Annotated[
        int, typer.Option(min=0, metavar="N", help="Go on after the workflow of this number.")
    ] = 0,
    quarantined: Annotated[
        bool,
        typer.Option(
            "--quarantined", help="Only those that can't be brought into memory, and why."
        ),
    ] = False,
    definition: Annotated[
        str | None,
        typer.Option(
            "--definition",
            "-d",
            metavar="DEFINITION",
            help="With --quarantined: a class that they must fit, too.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List workflows in the order of their creation."""
    if quarantined:
        list_unfit(store, definition, as_json)
        return
    with reading(store) as system:
        try:
            found = system.list(
                class_name, state=state, finished=finished, after=after, limit=limit + 1
            )
            there = bool(found) or class_name is None or bool(system.list(class_name, limit=1))
        except UnknownState:
            if system.list(limit=1):
                raise
            found, there = [], class_name is None  # there is nothing that could have states
        except UnknownWorkflow:
            found, there = [], False
        if not there:
            assert class_name is not None
            known = {record.type for record in _all(system)}
            have = f"it has {listed(known)}" if known else "it is empty"
            raise CommandFailed(
                f"{store} has no workflow of a class {class_name!r}; {have}"
                f"{nearest(class_name, known)}"
            )
        innermost = Innermost(system._services.store)
    shown, more = found[:limit], len(found) > limit
    if as_json:
        workflows = [workflow_document(record) for record in shown]
        say_json({"workflows": workflows, "next": shown[-1].number if more else None})
        return
    if not shown:
        complain("No workflow is like that." if class_name or state else "No workflow is there.")
        return
    table(
        (">number", "id", "class", "state", "end", ">steps", "=updated (UTC)"),
        [
            (
                record.number,
                record.id,
                record.type,
                innermost.of(record.type, record.configuration),
                "yes" if record.finished else "no",
                record.sequence,
                _time(record.updated_at),
            )
            for record in shown
        ],
    )
    if more:
        complain(f"There are more: --after {shown[-1].number}")


def show(id: WorkflowId, store: Store, as_json: AsJson = False) -> None:
    """Show where a workflow stands, and its context."""
    with reading(store) as system:
        record = system.metadata(id)
        context = system.get(id).history(last=1)[-1].context
        timers = system.get(id).timers()
        activities = system.get(id).activities()
        children, parent = system.get(id).children(), system.get(id).parent
        innermost = Innermost(system._services.store)
    if as_json:
        say_json(
            {
                "workflow": workflow_document(record),
                "context": context,
                "timers": [timer_document(timer) for timer in timers],
                "activities": [activity_document(one) for one in activities],
                "children": [
                    {"name": child.name, "id": child.id, "states": child.states}
                    for child in children
                ],
                "parent": parent,
            }
        )
        return
    pretty = msgspec.json.format(msgspec.json.encode(context), indent=2).decode()
    facts = {
        "id": record.id,
        "class": f"{record.type}, version {record.version}",
        "state": innermost.of(record.type, record.configuration)
        + (" (finished)" if record.finished else ""),
        "steps": f"{record.sequence}, kept from {record.first_sequence} on",
        "created": f"{_time(record.created_at)} UTC",
        "updated": f"{_time(record.updated_at)} UTC",
        **({} if parent is None else {"parent": parent}),
    }
    for name, value in facts.items():
        say(f"{name:<8} {value}")
    for timer in timers:
        say(f"timer    {_called(timer.name)}, {timer.event} at {timer.due:%Y-%m-%d %H:%M:%S} UTC")
    for one in activities:
        say(f"activity {activity_line(one)}")
    for child in children:
        states = child.states
        where = "has not begun" if states is None else innermost.of(child.workflow, states)
        say(f"child    {child.name}: {child.id}, {where}")
    say("context")
    say_text(pretty)


def history(
    id: WorkflowId,
    store: Store,
    last: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only the last so many steps.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what has happened to a workflow, oldest first."""
    with reading(store) as system:
        record = system.metadata(id)
        entries = system.get(id).history(last=last)
        innermost = Innermost(system._services.store)
    if as_json:
        say_json(
            {
                "workflow": workflow_document(record),
                "entries": [entry_document(entry) for entry in entries],
            }
        )
        return
    to = console()
    narrow = to.is_terminal and to.width < _WIDE
    columns: list[tuple[str, list[object]]] = [
        (">step", [entry.sequence for entry in entries]),
        ("=time (UTC)", [f"{entry.at:%Y-%m-%d %H:%M:%S}" for entry in entries]),
        ("=event", [_happened(entry) for entry in entries]),
        (">µs", [entry.duration for entry in entries]),
        ("left -> entered", [_change(entry, record.type, innermost) for entry in entries]),
    ]
    if not narrow or any(entry.error for entry in entries):
        columns.append(("~data, or error", [_said(entry) for entry in entries]))
    for head, cells in (
        ("~key", [entry.key or "" for entry in entries]),
        ("~sender", [_sender(entry) for entry in entries]),
        ("~sent", [_sent(entry) for entry in entries]),
        ("~timers", [_timers(entry) for entry in entries]),
    ):
        # A pipe always gets the same columns; people get those that tell them something.
        if not to.is_terminal or (not narrow and any(cells)):
            columns.append((head, [*cells]))
    table([head for head, _ in columns], list(zip(*(cells for _, cells in columns), strict=True)))


def verify(
    store: Store,
    id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Only this workflow; by default all.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check the store, or one workflow in it; exit 1 if it is wrong."""
    with reading(store) as system:
        checked = 1 if id is not None and system.metadata(id) else sum(1 for _ in _all(system))
        problems = system.verify(id)
    if as_json:
        say_json(
            {
                "sound": not problems,
                "workflows": checked,
                "problems": [problem_document(problem) for problem in problems],
            }
        )
    elif problems:
        table(
            ("workflow", ">step", "what is wrong"),
            [(p.workflow_id or "-", p.sequence or "-", p.what) for p in problems],
        )
    else:
        say(f"{store} is sound: {_number(checked, 'workflow')} checked, nothing wrong.")
    if problems:
        complain(f"{store} is not sound: {_number(len(problems), 'problem')}.")
        raise typer.Exit(1)


def export(
    id: WorkflowId,
    store: Store,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="By default stdout.")
    ] = None,
) -> None:
    """Write a workflow with its history as JSON, for `import`."""
    with reading(store) as system:
        document = system.export(id)
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(document)
        sys.stdout.buffer.flush()
    else:
        write_file(output, document)


def _all(system: ActorSystem) -> Any:
    after = 0
    while page := system.list(after=after, limit=1000):
        yield from page
        after = page[-1].number


def _happened(entry: HistoryEntry) -> str:
    return entry.event if entry.kind in ("step", "created") else f"{entry.event} ({entry.kind})"


def _called(name: str) -> str:
    return "the whole workflow" if name == WHOLE else name


def _sender(entry: HistoryEntry) -> str:
    return "" if entry.sender is None else f"{entry.sender[0]}, step {entry.sender[1]}"


def _sent(entry: HistoryEntry) -> str:
    return ", ".join(f"{event} to {receiver}" for receiver, event in entry.sent)


def _timers(entry: HistoryEntry) -> str:
    parts = [] if entry.timer is None else [f"fired: {_called(entry.timer)}"]
    for what, names in (
        ("set", [f"{_called(name)} {due:%Y-%m-%d %H:%M:%S}" for name, due in entry.timers_set]),
        ("cancelled", [_called(name) for name in entry.timers_cancelled]),
    ):
        if names:
            parts.append(f"{what}: {', '.join(names)}")
    return "; ".join(parts)


def _change(entry: HistoryEntry, workflow: str, innermost: Innermost) -> str:
    left, entered = (
        innermost.of(workflow, [state for state in these if state not in others])
        for these, others in ((entry.source, entry.target), (entry.target, entry.source))
    )
    return f"{left} -> {entered}".strip() if left or entered else ""


def _said(entry: HistoryEntry) -> str:
    if entry.error is not None:
        return entry.error["message"]
    return msgspec.json.encode(entry.data).decode() if entry.data else ""


def _time(microseconds: int) -> str:
    return f"{utc(microseconds):%Y-%m-%d %H:%M:%S}"


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
