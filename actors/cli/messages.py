"""The command about messages between workflows that wait, or can't be delivered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...persistence.records import Message
from ..position import utc
from ..system import ActorSystem
from .errors import CommandFailed
from .opening import reading, writing
from .options import AsJson, Store
from .out import complain, say, say_json, table


def messages(
    store: Store,
    dead: Annotated[
        bool, typer.Option("--dead", help="Those that can't be delivered, instead.")
    ] = False,
    to: Annotated[
        str | None, typer.Option("--to", metavar="ID", help="Only those for this workflow.")
    ] = None,
    resend: Annotated[
        list[int] | None,
        typer.Option(metavar="N", help="Put this dead one on its way again; may be repeated."),
    ] = None,
    drop: Annotated[
        list[int] | None,
        typer.Option(metavar="N", help="Delete this dead one; may be repeated."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many at the most.")] = 100,
    after: Annotated[
        int, typer.Option(min=0, metavar="N", help="Go on after the message of this number.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """List messages that wait, or dead ones to resend or drop.

    A message is dead when its receiver does not exist. One that is resent is delivered by the next
    system that runs on the store.
    """
    if resend or drop:
        _change(store, resend or [], drop or [])
        return
    with reading(store) as system:
        found = system.messages(dead=dead, receiver=to, after=after, limit=limit + 1)
    shown, more = found[:limit], len(found) > limit
    if as_json:
        say_json({"messages": [*map(_document, shown)], "next": shown[-1].id if more else None})
        return
    if not shown:
        complain("No message is dead." if dead else "No message waits.")
        return
    columns = [">number", "from", ">step", "to", "event", "~data", "=sent (UTC)"]
    table(
        [*columns, "~why it is dead"] if dead else columns,
        [
            (
                message.id,
                message.sender,
                message.sequence,
                message.receiver,
                message.event,
                (message.data or b"").decode(),
                f"{utc(message.at):%Y-%m-%d %H:%M:%S}",
                *([message.dead] if dead else []),
            )
            for message in shown
        ],
    )
    if more:
        complain(f"There are more: --after {shown[-1].id}")


def _change(store: Path, resend: list[int], drop: list[int]) -> None:
    with writing(store) as system:
        for number in (*resend, *drop):
            if not _is_dead(system, number):
                raise CommandFailed(
                    f"{store} has no dead message {number}; `repertory messages --dead` lists them."
                )
        for number in resend:
            system.resend(number)
            say(f"Message {number} is on its way again.")
        for number in drop:
            system.drop(number)
            say(f"Message {number} is deleted.")


def _is_dead(system: ActorSystem, number: int) -> bool:
    return [m.id for m in system.messages(dead=True, after=number - 1, limit=1)] == [number]


def _document(message: Message) -> dict[str, object]:
    return {
        "number": message.id,
        "sender": message.sender,
        "step": message.sequence,
        "receiver": message.receiver,
        "event": message.event,
        "data": None if message.data is None else message.data.decode(),
        "sent": f"{utc(message.at):%Y-%m-%dT%H:%M:%S.%fZ}",
        "dead": message.dead,
    }
