"""The classes of workflows that are imported, by the names that they are stored under."""

from __future__ import annotations

import sys
from threading import Lock
from typing import TYPE_CHECKING

from ..persistence.errors import BadDefinition, UnknownWorkflow

if TYPE_CHECKING:
    from .workflow import Workflow

_known: dict[str, list[type[Workflow]]] = {}
_known_lock = Lock()


def register(cls: type[Workflow]) -> None:
    """Make a class known under the name that it is stored under.

    Raises:
        BadDefinition: another one has that name, and neither is local to a function.
    """
    with _known_lock:
        same_name = _known.setdefault(cls.workflow_name, [])
        for other in tuple(same_name):
            if _origin(other) == _origin(cls):
                same_name.remove(other)  # defined anew: a reloaded module, a notebook's cell
            elif "<locals>" not in cls.__qualname__ + other.__qualname__:
                raise BadDefinition(
                    f"{cls.__module__}.{cls.__qualname__} and {other.__module__}."
                    f"{other.__qualname__} are both stored as {cls.workflow_name!r}; give one "
                    f"of them another workflow_name."
                )
        same_name.append(cls)


def forget(cls: type[Workflow]) -> None:
    """Make a class no longer known, such as one that a test has defined."""
    with _known_lock:
        if cls in (same_name := _known.get(cls.workflow_name, [])):
            same_name.remove(cls)


def _origin(cls: type[Workflow]) -> tuple[str | None, str]:
    # A script and the same file imported are two modules, but one definition.
    module = sys.modules.get(cls.__module__)
    return getattr(module, "__file__", None) or cls.__module__, cls.__qualname__


def known_classes(name: str | None = None) -> list[type[Workflow]]:
    """Return the imported classes that are stored under this name; all of them without one."""
    with _known_lock:
        if name is not None:
            return _known.get(name, []).copy()
        return [one for same in _known.values() for one in same]


def workflow_class(name: str) -> type[Workflow]:
    """Return the imported class that is stored under this name.

    Raises:
        UnknownWorkflow: none is imported, or several local classes have the name.
    """
    found = known_classes(name)
    if not found:
        raise UnknownWorkflow(
            f"No workflow class called {name!r} is imported; import the module that defines it "
            f"before its workflows are used.",
            name=name,
        )
    if len(found) > 1:
        places = " and ".join(sorted(f"{c.__module__}.{c.__qualname__}" for c in found))
        raise UnknownWorkflow(
            f"{places} are all stored as {name!r}; give them different workflow_names.", name=name
        )
    return found[0]
