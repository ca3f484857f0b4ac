"""Opening the store that a command is about."""

from __future__ import annotations

from pathlib import Path

from ...persistence.records import Retention
from ..system import ActorSystem
from .errors import CommandFailed

KEEP_ALL = Retention(count=None, days=None)
"""A command trims nothing: what is kept is for the application to say."""


def reading(path: Path) -> ActorSystem:
    """Return a system that only looks, even while another process runs on the store."""
    return ActorSystem(path, read_only=True)


def writing(path: Path, *, new: bool = False, max_active: int | None = None) -> ActorSystem:
    """Return a system that holds the store as its one writer.

    It runs no activities: a command would break them off when it is done.

    Arguments:
        path: the store.
        new: whether it may be made; a command for what is in a store makes none.
        max_active: workflows in memory, beyond which the least recently used leave.

    Raises:
        CommandFailed: there is no such file.
    """
    if not new and not path.exists():
        raise CommandFailed(f"There is no store {path}; check the path.")
    return ActorSystem(path, retention=KEEP_ALL, max_active=max_active, max_activities=0)
