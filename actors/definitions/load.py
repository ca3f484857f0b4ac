"""Loads workflows from documents."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from msgspec.structs import replace

from ...persistence.errors import BadDefinition
from ..migration import Migration
from .actions import Source as Actions
from .bounds import MOST_GUARDS, check_number
from .builder import build
from .checking import check_draft
from .definitions import Definitions
from .draft import Draft
from .faults import Fault, FaultyDocument
from .guards import compile_guards
from .interchange.documents import Foreign, open_document
from .interchange.reading import read_foreign
from .model import Document
from .native import is_native, read_native
from .source import Source, read_file
from .swarm import is_swarm, read_swarm


def load_definitions(
    path_or_text: str | bytes | Path,
    *,
    actions: Actions | Sequence[Actions] = (),
    migrations: Mapping[str, Sequence[Migration]] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Definitions:
    """Load the workflows that a document describes.

    Arguments:
        path_or_text: a file's path; or the document itself, as bytes or as text of several lines.
        actions: where the functions of actions are looked up first: a module, a mapping by name,
            or several of them. After that come those of `@action` and of installed packages.
        migrations: what `migrates` has made of functions, by the workflow's name. Those of a
            module given as `actions` are found where the document has just one workflow.
        environment: what `${VAR}` stands for; by default the process's environment.

    Returns:
        the workflow classes by name, with the document's agents and resources.

    Raises:
        FaultyDocument: it has faults; they are all told, each with its line and column.

    Example:
        >>> orders = load_definitions("orders.toml", actions=my_actions)      # doctest: +SKIP
        >>> system.start(orders["order"], context={"total": 30})              # doctest: +SKIP
    """
    values = os.environ if environment is None else environment
    content, name = _content(path_or_text)
    source = open_document(content, name, values)
    document, built = read_definitions(source)
    definitions = Definitions(document, values)
    sources = _sources(actions)
    ways = dict(migrations or {})
    if len(built) == 1:
        ways.setdefault(built[0][0].workflow.name, _migrations_in(sources))
    if unknown := ways.keys() - {draft.workflow.name for draft, _ in built}:
        raise BadDefinition(f"{name} describes no workflow {min(unknown)!r} to migrate.")
    for draft, guards in built:
        workflow = draft.workflow
        try:
            made = build(
                workflow,
                definitions,
                origin=name,
                guards=guards,
                actions=sources,
                migrations=ways.get(workflow.name, ()),
            )
        except BadDefinition as error:
            draft.fault(("name",), _said(error, workflow.name), workflow.name)
        else:
            definitions.add(workflow.name, made)
    source.refuse()
    return definitions


def read_definitions(source: Source) -> tuple[Document, list[tuple[Draft, Mapping[str, Any]]]]:
    """Read and check a document without making classes of it.

    Returns:
        the document; and each workflow with its guards' methods.

    Raises:
        FaultyDocument: it has faults.
    """
    if isinstance(source, Foreign):
        document, drafts = read_foreign(source)
    elif is_native(source.data):
        document, drafts = read_native(source)
    elif is_swarm(source.data):
        document, drafts = read_swarm(source)
    else:
        what = (
            'This is no workflow: begin it with `workflow = "name"`, or with [metadata] for a '
            "Swarm.toml."
        )
        raise FaultyDocument([*source.faults, Fault(what, "", source.name)])
    built: list[tuple[Draft, Mapping[str, Any]]] = []
    check_number(source, sum(len(one.workflow.guards) for one in drafts), MOST_GUARDS, "guards")
    for draft in drafts:
        check_draft(draft, document)
        guards, faults = compile_guards(_expressions(source, draft), draft.workflow.context)
        for fault in faults:
            place = ("guard", fault.guard)
            draft.fault(place, fault.what, fault.guard, offset=fault.offset)
        built.append((draft, guards))
    source.refuse()
    workflows = tuple(draft.workflow for draft in drafts)
    return replace(document, workflows=workflows), built


def _expressions(source: Source, draft: Draft) -> Mapping[str, str]:
    """The guards to compile; those that other tools' documents only name are functions."""
    guards = draft.workflow.guards
    if not isinstance(source, Foreign):
        return guards
    return {name: expression for name, expression in guards.items() if expression}


def _content(path_or_text: str | bytes | Path) -> tuple[str | bytes, str]:
    if isinstance(path_or_text, Path):
        return read_file(path_or_text), str(path_or_text)
    if isinstance(path_or_text, str) and "\n" not in path_or_text:
        return read_file(Path(path_or_text)), path_or_text
    return path_or_text, "<text>"


def _sources(actions: Actions | Sequence[Actions]) -> Sequence[Actions]:
    if isinstance(actions, Sequence):
        return tuple(actions)
    return (actions,)


def _migrations_in(sources: Sequence[Actions]) -> list[Migration]:
    modules = [source for source in sources if isinstance(source, ModuleType)]
    return [v for module in modules for v in vars(module).values() if isinstance(v, Migration)]


def _said(error: BadDefinition, workflow: str) -> str:
    return str(error).partition(f".{workflow}: ")[2] or str(error)
