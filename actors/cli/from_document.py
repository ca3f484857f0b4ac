"""Finds the workflow that a command names in a document: `path/to/file.toml:name`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

from ..definitions import Definitions, DocumentWorkflow, load_definitions
from .errors import CommandFailed, listed, nearest

_SUFFIXES = (".toml", ".json", ".scxml", ".xml", ".yaml", ".yml")


class AnyEnvironment(Mapping[str, str]):
    """An environment that has every variable, for looking at a document without running it."""

    def __getitem__(self, name: str) -> str:
        return ""

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def split_document(given: str) -> tuple[str, str | None] | None:
    """Return a document's path and a workflow's name, or None for what is no document."""
    place, colon, name = given.rpartition(":")
    if colon and place.casefold().endswith(_SUFFIXES):
        return place, name
    return (given, None) if given.casefold().endswith(_SUFFIXES) else None


def load_document(
    place: str, actions: ModuleType | None = None, *, run: bool = True
) -> Definitions:
    """Return what a document describes.

    Arguments:
        place: its path.
        actions: the module with its actions, or None.
        run: whether it is to be run, so that the environment must have what it asks for.

    Raises:
        FaultyDocument: it has faults, or can't be read.
    """
    return load_definitions(
        Path(place),
        actions=() if actions is None else actions,
        environment=None if run else AnyEnvironment(),
    )


def workflow_in(definitions: Definitions, place: str, name: str | None) -> type[DocumentWorkflow]:
    """Return the workflow of this name, or the only one.

    Raises:
        CommandFailed: there is none, or there are several.
    """
    if name is None:
        if len(definitions) > 1:
            raise CommandFailed(
                f"{place} describes several workflows, {listed(definitions)}; say which, as in "
                f"{place}:{min(definitions)}."
            )
        name = next(iter(definitions))
    found: type[DocumentWorkflow] | None = definitions.get(name)
    if found is None:
        raise CommandFailed(
            f"{place} describes no workflow {name!r}; it has {listed(definitions)}"
            f"{nearest(name, definitions)}"
        )
    return found
