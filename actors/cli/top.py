"""The command that shows what is going on in a store, and in the process that runs on it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live

from ..inspection import ActorPicture, Inspection, ThreadPicture
from ..inspection_socket import ask
from ..overview import Overview
from .errors import CommandFailed
from .opening import reading
from .options import AsJson, Store
from .out import console, printable, ruled, say_json, say_text, table

_Table = tuple[str, tuple[str, ...], list[tuple[object, ...]]]


class Seen(msgspec.Struct, frozen=True):
    """What `top --json` writes.

    Attributes:
        store: what the store says.
        steps_per_second: steps written of late, by whomever; null when that is not known yet.
        system: what the process says that runs on it; null if none does, or lets us look in.
    """

    store: Overview
    steps_per_second: float | None
    system: Inspection | None


def top(
    store: Store,
    every: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="How often to look.")
    ] = 1.0,
    once: Annotated[bool, typer.Option("--once", help="Look once, and end.")] = False,
    dump: Annotated[
        bool, typer.Option("--dump", help="Write what each thread is doing and where, and end.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what is going on, and how fast.

    It shows the workflows by state, and what waits; of a process whose system was opened with
    inspectable=True also the actors and threads. Ctrl-C ends it. In a pipe, and with --json,
    it looks once.
    """
    if dump:
        say_text(_dump(store))
        return
    looks = _look(store, every)
    if as_json:
        say_json(next(looks))
    elif once or not console().is_terminal:
        for title, columns, rows in _tables(next(looks)):
            table(columns, rows, title)
    else:
        _watch(looks, console())


def _dump(store: Path) -> str:
    answer = ask(store, "dump")
    if answer is None:
        raise CommandFailed(
            f"No process lets us look into the system on {store}; open it with inspectable=True."
        )
    return msgspec.json.decode(answer, type=str)


def _look(store: Path, every: float) -> Iterator[Seen]:
    before: tuple[float, int] | None = None
    with reading(store) as system:
        while True:
            counts, now = system.overview(), time.monotonic()
            answer = ask(store, "inspect")
            inside = None if answer is None else msgspec.json.decode(answer, type=Inspection)
            rate = None if inside is None else inside.steps_per_second
            if before is not None and now > before[0]:
                rate = (counts.steps - before[1]) / (now - before[0])
            before = (now, counts.steps)
            yield Seen(counts, rate, inside)
            time.sleep(every)


def _watch(looks: Iterator[Seen], to: Console) -> None:
    try:
        with Live(console=to, screen=True, auto_refresh=False) as live:
            for seen in looks:
                live.update(_shown(seen, to), refresh=True)
    except KeyboardInterrupt:
        return


def _shown(seen: Seen, to: Console) -> RenderableType:
    return Group(*(ruled(columns, rows, title, to) for title, columns, rows in _tables(seen)))


def _tables(seen: Seen) -> Iterator[_Table]:
    yield "Store", ("what", ">now"), list(_facts(seen))
    states = [(state, f"{count:,}") for state, count in seen.store.states.items()]
    yield "Workflows by state", ("state", ">workflows"), [*states]
    inside = seen.system
    if inside is None:
        return
    actors = list(_flat(inside.actors))
    shown = f"{len(actors):,} of {inside.actor_count:,}"
    yield (
        f"Actors, {shown}",
        ("actor", ">waiting", ">stashed", "runs", "waits for", ">restarts"),
        actors,
    )
    yield "Threads", ("thread", "actor", "message", ">seconds"), [*map(_thread, inside.threads)]
    if inside.letters:
        letters = [(one.recipient, one.message, one.reason) for one in inside.letters]
        yield "Last dead letters", ("recipient", "message", "reason"), [*letters]


def _facts(seen: Seen) -> Iterator[tuple[object, ...]]:
    counts, inside = seen.store, seen.system
    yield "workflows", f"{counts.workflows:,}"
    yield "steps written", f"{counts.steps:,}"
    if seen.steps_per_second is not None:
        yield "steps a second", f"{seen.steps_per_second:,.0f}"
    yield "messages under way", f"{counts.waiting:,}{'+' if counts.more_waiting else ''}"
    if counts.oldest is not None:
        yield "the oldest is of (UTC)", f"{counts.oldest:%Y-%m-%d %H:%M:%S}"
    yield "undeliverable", f"{counts.dead:,}"
    if inside is None:
        yield "process", "none that lets us look in"
        return
    written = inside.statistics
    yield "process", f"{inside.process}, open for {inside.seconds:,.0f} s"
    yield "messages handled a second", f"{inside.handled_per_second:,.0f}"
    yield "messages waiting in mailboxes", f"{inside.waiting:,}"
    yield "workflows in memory", f"{written.active:,} ({inside.activating:,} coming)"
    yield "came into and left memory", f"{written.activated:,} and {written.passivated:,}"
    yield "steps waiting to be written", f"{written.unwritten:,}"
    yield "steps that failed to be written", f"{written.failed:,}"
    yield "restarts", f"{inside.restarts:,}"
    yield "dead letters", f"{inside.dead_letters:,}"
    yield "slow handlers", f"{len(inside.slow):,}"


def _flat(actors: tuple[ActorPicture, ...], depth: int = 0) -> Iterator[tuple[object, ...]]:
    for one in actors:
        yield (
            "  " * depth + printable(one.name),
            f"{one.waiting:,}",
            one.stashed,
            "yes" if one.running else "no",
            one.asking or "",
            one.restarts,
        )
        yield from _flat(one.children, depth + 1)


def _thread(one: ThreadPicture) -> tuple[object, ...]:
    if one.actor is None:
        return one.thread, "idle", "", ""
    return one.thread, one.actor, one.message or "", f"{one.seconds:.1f}"
