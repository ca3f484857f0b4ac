"""How a system is set up: all that is said of it before it is opened."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from threading import RLock, Thread
from typing import Literal

from ..persistence.errors import (
    StoreError,
)
from ..persistence.records import Retention
from ..persistence.store import Store
from .definition_check import OnChanged
from .handlers import check_handlers
from .limits import Limits, OnStoreError, WhenFull
from .runtime import Clock
from .services import Services
from .workflow import Workflow


class SystemSettings:
    """What a system is told when it is made."""

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        name: str = "repertory",
        workers: int | None = None,
        clock: Clock | None = None,
        handlers: Sequence[object] = (),
        retention: Retention | None = None,
        trim_every: float = 60.0,
        synchronous: Literal["FULL", "NORMAL", "OFF"] = "FULL",
        read_only: bool = False,
        store: Store | None = None,
        on_changed_definition: OnChanged = "warn",
        passivate_after: float | None = 300.0,
        max_active: int | None = None,
        max_memory: int | None = None,
        max_activating: int = 256,
        mailbox_limit: int = 10_000,
        unwritten_limit: int = 10_000,
        when_full: WhenFull = "wait",
        on_store_error: OnStoreError = "continue",
        slow_after: float | None = 10.0,
        inspectable: bool = False,
        max_activities: int = 100,
        activity_grace: float = 5.0,
    ) -> None:
        """Describe a system; `open`, or entering it, brings it to life.

        Arguments:
            path: the SQLite file to keep workflows in, made if need be; None keeps them in memory.
            name: what its threads are called.
            workers: threads that run actors; by default one a processor, at least 2 and at most 4,
                since one writes while others compute. Workers that block are replaced, so this
                bounds computing, not waiting.
            clock: where times come from; tests turn one by hand.
            handlers: handlers of every workflow; see `Handler`.
            retention: how much history is kept; by default 1,000 steps a workflow and 90 days.
            trim_every: seconds between two looks for history that is past retention.
            synchronous: SQLite's setting: "FULL" survives a power cut, "NORMAL" may lose the last
                acknowledged steps in one, "OFF" may lose the store. `kill -9` loses nothing with
                any of them.
            read_only: look at a file, even while another system runs on it; whatever would write
                raises `StoreError`.
            store: another store to use instead of one at `path`.
            on_changed_definition: what to do about a class that has changed since its version
                was first used with this store: "warn" gives a `DefinitionChangedWarning` and
                publishes a `ChangedDefinition`, once for each change; "error" refuses to use it;
                "ignore" takes it as it is.
            passivate_after: seconds after which a workflow that gets nothing leaves memory, up to
                a quarter later; its next event brings it back. None: it stays.
            max_active: workflows in memory, beyond which the least recently used leave; None: no
                limit. One that has something to do stays, so there may be more.
            max_memory: bytes that they may take, by estimate, beyond which likewise.
            max_activating: workflows that may be on their way into memory, before whoever sends to
                one more waits.
            mailbox_limit: events that may wait for one workflow.
            unwritten_limit: steps that may wait for the disk before senders feel it.
            when_full: what happens to who sends more than that: "wait", or "refuse" with
                `MailboxFull`.
            on_store_error: what to do when a transaction fails (disk full, file locked, I/O error):
                "continue" fails what was in it and goes on; "stop" also fails all that is under
                way, and closes. A store that another system has taken over stops it in any case.
            slow_after: seconds after which an action that holds a thread is warned of in the log;
                None: never.
            inspectable: let `repertory top` look in: on a local socket beside the store, which
                only its owner may use. Not on Windows, nor without a file.
            max_activities: how many activities run at once; 0: none, the next system runs them.
            activity_grace: seconds that `close` waits for activities that it has told to stop.
        """
        _check_choice("on_changed_definition", on_changed_definition, ("warn", "error", "ignore"))
        _check_choice("on_store_error", on_store_error, ("continue", "stop"))
        _check_choice("synchronous", synchronous, ("FULL", "NORMAL", "OFF"))
        if workers is not None and (not isinstance(workers, int) or workers < 1):
            raise ValueError(f"workers is {workers!r}; it is a number from 1, or None.")
        if not isinstance(retention, Retention | None):
            raise TypeError(
                f"retention is {retention!r}; it is a Retention, as Retention(count=100, days=7)."
            )
        if clock is not None and not callable(getattr(clock, "now_us", None)):
            raise TypeError(f"clock is {clock!r}, which is no clock; give a ManualClock, or None.")
        self.path = None if path is None else Path(path)
        self.retention = retention if retention is not None else Retention()
        self._name = name
        self._workers = max(2, min(4, os.cpu_count() or 1)) if workers is None else workers
        self._clock = clock
        check_handlers(handlers)
        self._handlers = tuple(handlers)
        self._trim_every = trim_every
        self._synchronous = synchronous
        self._read_only = read_only
        self._given_store = store
        self._on_changed_definition = on_changed_definition
        self._classes: dict[str, type[Workflow]] = {}
        self._limits = Limits(
            passivate_after=passivate_after,
            max_active=max_active,
            max_memory=max_memory,
            max_activating=max_activating,
            mailbox_limit=mailbox_limit,
            unwritten_limit=unwritten_limit,
            when_full=when_full,
            max_activities=max_activities,
            activity_grace=activity_grace,
        )
        self._on_store_error = on_store_error
        self._lost: StoreError | None = None
        self._closing: Thread | None = None
        self._slow_after = slow_after
        self._inspectable = inspectable
        self._running: Services | None = None
        self._parents: Services | None = None
        self._changing = RLock()


def _check_choice(name: str, given: object, choices: Sequence[str]) -> None:
    if given not in choices:
        *first, last = (f'"{choice}"' for choice in choices)
        raise ValueError(f"{name} is {given!r}; it is {', '.join(first)} or {last}.")


# So that Python, of an argument that does not fit, says the name that was called.
SystemSettings.__init__.__qualname__ = "ActorSystem.__init__"
