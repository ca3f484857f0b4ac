"""Listing the workflows that could not be brought into memory."""

from __future__ import annotations

from pathlib import Path

from ...persistence.errors import UnknownWorkflow
from .definition import load_definition
from .opening import reading
from .out import complain, say_json, table


def list_unfit(store: Path, definition: str | None, as_json: bool) -> None:
    """List what can't be read back; of a class that is given, also what does not fit it."""
    if definition is not None:
        load_definition(definition)
    with reading(store) as system:
        # Nobody can say what fits a class that is not there.
        found = {
            id: error
            for id, error in system.unfit().items()
            if not isinstance(error, UnknownWorkflow)
        }
    if as_json:
        say_json(
            {
                "quarantined": [
                    {"id": id, "error": type(error).__name__, "message": str(error)}
                    for id, error in found.items()
                ]
            }
        )
    elif found:
        table(
            ("id", "error", "why"),
            [(id, type(error).__name__, str(error)) for id, error in found.items()],
        )
    else:
        complain("Every workflow can be brought into memory.")
