"""The commands about time: what is still to fire."""

from __future__ import annotations

from typing import Annotated

import typer

from ..charts import spell
from ..timers import WHOLE, Timer
from .documents import timer_document
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
        found = (
            system.timers(limit=limit + 1)
            if id is None
            else [*(system.metadata(id) and system.get(id).timers())]
        )
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


def called(timer: Timer) -> str:
    """Return what people call a timer."""
    if not timer.timeout:
        return timer.name
    return "deadline" if timer.name == WHOLE else f"timeout of {timer.name}"


def _again(timer: Timer) -> str:
    if timer.cron is not None:
        return f"{timer.cron} ({timer.tz})"
    return "" if timer.every is None else f"every {spell(round(timer.every.total_seconds() * 1e6))}"
