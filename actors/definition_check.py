"""Noticing a class that has changed without a new version."""

from __future__ import annotations

import warnings
from threading import Lock
from typing import Any, Literal

import msgspec

from ..persistence.errors import DefinitionChanged
from ..persistence.store import Store
from .fingerprint import differences, fingerprint
from .messages import Write
from .runtime import EventStream, PooledRef
from .workflow import Workflow

OnChanged = Literal["warn", "error", "ignore"]


class DefinitionChangedWarning(UserWarning):
    """A class has changed since its version was first used with this store."""


class ChangedDefinition(msgspec.Struct, frozen=True):
    """Published on the event stream: a class has changed without a new version.

    Attributes:
        name: the name under which it is stored.
        version: its version.
        differences: what differs, a clause each.
    """

    name: str
    version: int
    differences: tuple[str, ...]


class DefinitionCheck:
    """Compares each class, when it is first used, with what its version was in this store.

    What has been told of is the version's definition from then on, so each change is told once.
    Under "error" it stays as it was, and the class is not used.
    """

    def __init__(
        self,
        store: Store,
        events: EventStream,
        persistence: PooledRef[Any] | None,
        on_changed: OnChanged,
    ) -> None:
        """Read what is known.

        Arguments:
            store: where fingerprints are kept.
            events: where a change is published.
            persistence: who writes; None when nothing may be written.
            on_changed: what to do about a change.
        """
        self._store = store
        self._events = events
        self._persistence = persistence
        self._on_changed = on_changed
        self._known = store.definitions()
        self._checked: set[type[Workflow]] = set()
        self._lock = Lock()

    def known(self) -> list[tuple[str, int]]:
        """Return the names and versions that the store knows of."""
        return list(self._known)

    def check(self, workflow: type[Workflow]) -> None:
        """Do what is to be done if the class has changed.

        Raises:
            DefinitionChanged: it has, and that is to be an error.
        """
        if workflow in self._checked:
            return
        key = (workflow.workflow_name, workflow.version)
        now = fingerprint(workflow)
        with self._lock:
            before = self._known.get(key)
            changed = [] if before in (None, now) else differences(before or b"", now)
            if changed and self._on_changed == "error":
                raise DefinitionChanged(_text(key, changed), name=key[0], differences=changed)
            self._known[key] = now
            self._checked.add(workflow)
        if before != now and self._persistence is not None:
            store = self._store
            self._persistence.tell(Write(lambda: store.define(*key, now)))
        if changed and self._on_changed == "warn":
            self._events.publish(ChangedDefinition(*key, tuple(changed)))
            warnings.warn(_text(key, changed), DefinitionChangedWarning, stacklevel=2)


def _text(key: tuple[str, int], changed: list[str]) -> str:
    return (
        f"{key[0]} has changed, and is version {key[1]} still: {'; '.join(changed)}. If stored "
        f"workflows can't go on with that, give it a new version and a migration."
    )
