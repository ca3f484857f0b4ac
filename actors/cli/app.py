"""The commands under one name, and what each of them does when it fails."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ...persistence.errors import RepertoryError
from ..definitions import FaultyDocument
from . import (
    activities,
    checking,
    converting,
    creating,
    drawing,
    messages,
    reading,
    replaying,
    running,
    stubbing,
    timing,
    top,
    writing,
)
from .out import complain


class Commands(TyperGroup):
    """Makes one sentence and an exit code of every failure."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            complain("Interrupted.")
            raise typer.Exit(130) from None
        except RepertoryError as error:
            faults = error.faults if isinstance(error, FaultyDocument) else [error]
            for fault in faults:
                complain(" ".join((str(fault), *getattr(fault, "__notes__", ()))))
            raise typer.Exit(1) from None
        except BrokenPipeError:
            # Whoever read the output has enough of it; flushing at exit must not fail again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(1) from None
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            complain(f"{where}{error.strerror or error}; check the path and its permissions.")
            raise typer.Exit(1) from None


app = typer.Typer(
    name="repertory",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"repertory {version('repertory')}")
        raise typer.Exit


@app.callback()
def _repertory(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Say which it is."),
    ] = False,
) -> None:
    """Look at durable workflows, drive them, and replay event logs through them.

    Exit codes: 0 fine; 1 what was asked for is wrong or failed, with one sentence on stderr; 2 it
    could not be understood; 130 after Ctrl-C. Reading works while another process runs the system.
    """


app.command("list")(reading.list_)
app.command("show")(reading.show)
app.command("history")(reading.history)
app.command("timers")(timing.timers)
app.command("dead")(timing.dead)
app.command("activities")(activities.activities)
app.command("retry")(activities.retry)
app.command("verify")(reading.verify)
app.command("top")(top.top)
app.command("export")(reading.export)
app.command("import")(writing.import_)
app.command("remove")(writing.remove)
app.command("send")(writing.send)
app.command("rollback")(writing.rollback)
app.command("messages")(messages.messages)
app.command("diagram")(drawing.diagram)
app.command("replay")(replaying.replay)
app.command("check")(checking.check)
app.command("run")(running.run)
app.command("new")(creating.new)
app.command("stubs")(stubbing.stubs)
app.command("convert")(converting.convert)
app.command("schema")(converting.schema)
