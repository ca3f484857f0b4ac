"""The commands that are about activities: those that wait to be taken up, and taking them up."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer

from ..activities import ActivityStatus
from .opening import reading, writing
from .options import AsJson, Store, WorkflowId
from .out import complain, say, say_json, table


def activities(
    store: Store,
    dead: Annotated[
        bool, typer.Option("--dead", help="Those that are out of attempts, instead.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many at the most.")] = 100,
    after: Annotated[
        int, typer.Option(min=0, metavar="N", help="Go on after the activity of this number.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """List activities that are under way, or are dead."""
    with reading(store) as system:
        found = system.activities(dead=dead, after=after, limit=limit + 1)
    shown, more = found[:limit], len(found) > limit
    if as_json:
        listed = [activity_document(one) for one in shown]
        say_json({"activities": listed, "next": shown[-1].id if more else None})
        return
    if not shown:
        complain("No activity is dead." if dead else "No activity is under way.")
        return
    table(
        (">number", "workflow", "name", "status", ">attempt", "=next (UTC)", "~progress, or error"),
        [
            (
                one.id,
                one.workflow_id,
                one.name,
                one.status,
                one.attempt,
                f"{one.due:%Y-%m-%d %H:%M:%S}" if one.due else "",
                said_of(one),
            )
            for one in shown
        ],
    )
    if more:
        complain(f"There are more: --after {shown[-1].id}")


def retry(
    id: WorkflowId,
    activity: Annotated[str, typer.Argument(metavar="NAME", help="Its name, or its number.")],
    store: Store,
    as_json: AsJson = False,
) -> None:
    """Have an activity begin anew that is dead, or waits.

    It runs when the application next runs on the store; this command runs nothing itself.
    """
    name = int(activity) if activity.isdigit() else activity
    with writing(store) as system:
        system.metadata(id)
        ref = system.get(id)
        ref.retry_activity(name)
        taken_up = [one for one in ref.activities() if name in (one.id, one.name)]
    if as_json:
        say_json({"activities": [activity_document(one) for one in taken_up]})
    else:
        for one in taken_up:
            say(f"{id}: activity {one.name} begins anew, number {one.id}.")


def activity_line(one: ActivityStatus) -> str:
    """Return what `show` says of an activity."""
    parts = [f"{one.name} ({one.activity})" if one.name != one.activity else one.name, one.status]
    if one.attempt:
        parts.append(f"attempt {one.attempt}")
    if one.began:
        parts.append(f"since {one.began:%Y-%m-%d %H:%M:%S} UTC")
    if one.due:
        parts.append(f"next at {one.due:%Y-%m-%d %H:%M:%S} UTC")
    if said := said_of(one):
        parts.append(said)
    return ", ".join(parts)


def said_of(one: ActivityStatus) -> str:
    """Return an activity's progress, or why it failed last."""
    if one.why is not None:
        return one.why
    if one.progress is not None:
        return msgspec.json.encode(one.progress).decode()
    return f"{one.error['type']}: {one.error['message']}" if one.error else ""


def activity_document(one: ActivityStatus) -> dict[str, Any]:
    """Return an activity as JSON data."""
    document: dict[str, Any] = msgspec.to_builtins(one)
    return document
