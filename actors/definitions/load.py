"""Loads workflows from documents."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from ...persistence.errors import BadDefinition
from .actions import Source as Actions
from .builder import build
from .checking import check_draft
from .document_workflow import DocumentWorkflow
from .draft import Draft
from .faults import Fault, FaultyDocument
from .guards import compile_guards
from .model import Agent, Document
from .native import is_native, read_native
from .resources import OpenResource
from .source import Source, read_file
from .swarm import is_swarm, read_swarm


class Definitions(Mapping[str, type[DocumentWorkflow]]):
    """The workflow classes of a document, by name, with its agents and resources.

    Attributes:
        document: all that the document says.
    """

    def __init__(
        self,
        document: Document,
        workflows: Mapping[str, type[DocumentWorkflow]],
        environment: Mapping[str, str],
    ) -> None:
        self.document = document
        self._workflows = dict(workflows)
        self._environment = environment

    def __getitem__(self, name: str) -> type[DocumentWorkflow]:
        return self._workflows[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._workflows)

    def __len__(self) -> int:
        return len(self._workflows)

    def __repr__(self) -> str:
        return f"<Definitions {', '.join(self)}>"

    @property
    def agents(self) -> Mapping[str, Agent]:
        """The document's agents, by name."""
        return self.document.agents

    @property
    def resources(self) -> Mapping[str, OpenResource]:
        """The document's resources, by name, with the environment's values for those who ask."""
        return {
            name: OpenResource(resource, self._environment)
            for name, resource in self.document.resources.items()
        }


def load_definitions(
    path_or_text: str | bytes | Path,
    *,
    actions: Actions | Sequence[Actions] = (),
    environment: Mapping[str, str] | None = None,
) -> Definitions:
    """Load the workflows that a document describes.

    Arguments:
        path_or_text: a file's path; or the document itself, as bytes or as text of several lines.
        actions: where the functions of actions are looked up first: a module, a mapping by name,
            or several of them. After that come those of `@action` and of installed packages.
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
    document, built = read_definitions(Source(content, name, values))
    sources = _sources(actions)
    workflows: dict[str, type[DocumentWorkflow]] = {}
    definitions = Definitions(document, workflows, values)
    for draft, guards in built:
        try:
            made = build(draft.workflow, document, origin=name, guards=guards, actions=sources)
        except BadDefinition as error:
            draft.fault(("name",), _said(error, draft.workflow.name), draft.workflow.name)
            continue
        made.definitions = definitions
        definitions._workflows[draft.workflow.name] = made
    built[0][0].source.refuse() if built else None
    return definitions


def read_definitions(source: Source) -> tuple[Document, list[tuple[Draft, Mapping[str, Any]]]]:
    """Read and check a document without making classes of it.

    Returns:
        the document; and each workflow with its guards' methods.

    Raises:
        FaultyDocument: it has faults.
    """
    if is_native(source.data):
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
    for draft in drafts:
        check_draft(draft, document)
        guards, faults = compile_guards(draft.workflow.guards, draft.workflow.context)
        for fault in faults:
            place = ("guard", fault.guard)
            draft.fault(place, fault.what, fault.guard, offset=fault.offset)
        built.append((draft, guards))
    source.refuse()
    workflows = tuple(draft.workflow for draft in drafts)
    return replace(document, workflows=workflows), built


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


def _said(error: BadDefinition, workflow: str) -> str:
    return str(error).partition(f".{workflow}: ")[2] or str(error)
