"""Threads whose names say which actor they run, and log records that do."""

from __future__ import annotations

import logging
import threading

from .at_work import current_mailbox


class ActorThread(threading.Thread):
    """A thread that is called after the actor it runs, for as long as it does.

    Nothing is written for that while actors run: the name is put together when it is asked for.
    """

    @property
    def own_name(self) -> str:
        """The name that it was given."""
        return str(super().name)

    @property
    def name(self) -> str:
        """The name that it was given, and in brackets that of the actor."""
        mailbox = current_mailbox(self)
        return self.own_name if mailbox is None else f"{self.own_name} [{mailbox.name}]"

    @name.setter
    def name(self, name: str) -> None:
        threading.Thread.name.fset(self, name)  # type: ignore[attr-defined]  # it is a property


class ActorNameFilter(logging.Filter):
    """Adds to each log record, as `actor`, the name of the actor whose handler has logged it.

    For a workflow that is its id. Outside of handlers it is `-`. Give it to a logging handler;
    it passes every record.

    Example:
        ```py
        handler = logging.StreamHandler()
        handler.addFilter(ActorNameFilter())
        handler.setFormatter(logging.Formatter("%(levelname)s %(actor)s: %(message)s"))
        ```
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the name."""
        mailbox = current_mailbox()
        record.actor = "-" if mailbox is None else mailbox.name
        return True
