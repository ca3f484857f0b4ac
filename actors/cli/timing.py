"""The commands about time: what is still to fire."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ..charts import spell
from ..position import utc
from ..timers import WHOLE, Timer
from .documents import timer_document, workflow_document
from .opening import reading
from .options import AsJson, Store
from .out import complain, say_json, table


def timers(
    store: Store,
    id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Only those of this workflow.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many at the most.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List timers that are still to fire, the next one first."""
    with reading(store) as system:
        found = system.timers(limit=limit + 1) if id is None else system.get(id).timers()
    shown, more = found[:limit], len(found) > limit
    if as_json:
        say_json({"timers": [timer_document(timer) for timer in shown]})
        return
    if not shown:
        complain("No timer is pending.")
        return
    table(
        ("=due (UTC)", "workflow", "timer", "=event", "again"),
        [
            (
                f"{timer.due:%Y-%m-%d %H:%M:%S}",
                timer.workflow_id,
                called(timer),
                timer.event,
                _again(timer),
            )
            for timer in shown
        ],
    )
    if more:
        complain("There are more: give a greater --limit")


def dead(
    store: Store,
    after: Annotated[
        int, typer.Option(min=0, metavar="N", help="Go on after the workflow of this number.")
    ] = 0,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many at the most.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List workflows that have failed, with no retry to come."""
    with reading(store) as system:
        found = system.dead(after=after, limit=limit + 1)
        errors = [_error(system.get(record.id).history(last=1)[-1].context) for record in found]
    shown, more = found[:limit], len(found) > limit
    if as_json:
        workflows = [
            {**workflow_document(record), "error": error}
            for record, error in zip(shown, errors, strict=False)
        ]
        say_json({"workflows": workflows, "next": shown[-1].number if more else None})
        return
    if not shown:
        complain("No workflow is dead.")
        return
    table(
        (">number", "id", "class", "=failed (UTC)", "~error"),
        [
            (
                record.number,
                record.id,
                record.type,
                f"{utc(record.updated_at):%Y-%m-%d %H:%M:%S}",
                error,
            )
            for record, error in zip(shown, errors, strict=False)
        ],
    )
    complain("Take one up again: repertory send ID retry --definition FILE:CLASS")
    if more:
        complain(f"There are more: --after {shown[-1].number}")


def _error(context: Any) -> str:
    return str(context.get("error", "")) if isinstance(context, dict) else ""


def called(timer: Timer) -> str:
    """Return what people call a timer."""
    if not timer.timeout:
        return timer.name
    return "deadline" if timer.name == WHOLE else f"timeout of {timer.name}"


def _again(timer: Timer) -> str:
    if timer.cron is not None:
        return f"{timer.cron} ({timer.tz})"
    return "" if timer.every is None else f"every {spell(round(timer.every.total_seconds() * 1e6))}"
