"""Reads Swarm.toml: agents, resources, and workflows of states with handlers."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .bounds import MOST_GUARDS, MOST_WORKFLOWS, check_number
from .draft import Draft
from .model import Document, Retry, Timeout, WorkflowDefinition
from .names import is_name
from .parts import read_agent, read_contract, read_resource
from .places import Path
from .source import Source
from .swarm_keys import SWARM
from .swarm_states import WORDS, SwarmStates
from .table import Table


def is_swarm(data: Mapping[str, object]) -> bool:
    """Tell whether a document looks like a Swarm.toml."""
    return any(key in data for key in ("workflows", "metadata", "agents", "resources"))


def read_swarm(source: Source) -> tuple[Document, list[Draft]]:
    """Read a Swarm.toml, noting what is wrong with it as `source.faults`.

    Returns:
        the document without its workflows, and those as they have been read.
    """
    root = Table(source, (), source.data, "the document", SWARM)
    metadata = root.table("metadata", "'metadata'")
    if "metadata" not in root:
        root.fault("", "The document has no [metadata] with version, name and description.")
    texts = {
        key: metadata.text(key, required="metadata" in root)
        for key in ("version", "name", "description")
    }
    author, created = metadata.text("author"), metadata.raw("created")
    metadata.close()
    agents = {name: read_agent(name, table) for name, table in root.named("agents", "agent")}
    resources = {name: read_resource(name, t) for name, t in root.named("resources", "resource")}
    shared = {name: text for name, text, _ in root.each_text("guards", "guard")}
    document = Document(
        format="swarm",
        workflows=(),
        agents=agents,
        resources=resources,
        name=texts["name"],
        version=texts["version"],
        description=texts["description"],
        author=author,
        created="" if created is None else str(created),
    )
    version = _version(texts["version"], metadata)
    given = root.raw("workflows")
    number = len(given) if isinstance(given, list) else 0
    check_number(source, number, MOST_WORKFLOWS, "workflows")
    check_number(source, number * len(shared), MOST_GUARDS, "guards, those of workflows counted")
    drafts = [
        _workflow(table, shared, version) for table in root.listed("workflows", "the workflow")
    ]
    if not source.data.get("workflows"):
        root.fault("", "The document has no [[workflows]]; give it one.", "workflows")
    _distinct(drafts)
    root.close()
    return document, drafts


def _version(text: str, metadata: Table) -> int:
    """The first number is the version that stored workflows have; 0.9 comes before 1.0."""
    if not text:
        return 1
    match = re.match(r"\d{1,9}", text)
    if match is None:
        what = f"'version' of 'metadata' is {text!r}; begin it with a number, as in '1.0'."
        metadata.fault("version", what, "version", value=True)
        return 1
    return max(1, int(match.group()))


def _workflow(table: Table, shared: Mapping[str, str], version: int) -> Draft:
    name = table.text("name")
    if name:
        table.what = f"workflow {name!r}"
        if not is_name(name):
            what = f"{name[:60]!r} can't be the name of a workflow: names are of letters, digits,"
            table.fault("name", f"{what} '_' and '-', and begin with a letter.", name, value=True)
    description = table.text("description")
    metadata = table.table("metadata", f"'metadata' of {table.what}")
    initial = metadata.text("initial_state")
    deadline = metadata.number("completion_timeout_seconds")
    retries = metadata.number("max_retries")
    backoff = metadata.number("retry_backoff_seconds")
    metadata.close()
    if backoff and not retries:
        what = f"{table.what[:1].upper()}{table.what[1:]} has 'retry_backoff_seconds' and no"
        metadata.fault("retry_backoff_seconds", f"{what} 'max_retries'; give both.")
    paths: dict[tuple[str | int, ...], Path] = {
        ("name",): (*table.path, "name"),
        ("initial",): (*metadata.path, "initial_state"),
    }
    guards = dict(shared)
    paths |= {("guard", guard): ("guards", guard) for guard in shared}
    for guard, text, inner in table.each_text("guards", "guard"):
        guards[guard] = text
        paths["guard", guard] = (*inner.path, guard)
    contracts = {
        key: read_contract(key, inner) for key, inner in table.named("contracts", "the contract")
    }
    states = SwarmStates(table, initial, guards, paths)
    table.close()
    late = None if deadline is None else Timeout(deadline, states.late())
    workflow = WorkflowDefinition(
        name=name,
        initial=states.initial,
        states=states.top,
        version=version,
        description=description,
        guards=states.guards,
        contracts=contracts,
        deadline=late,
        retry=Retry(int(retries), backoff or 0.0) if retries else None,
    )
    return Draft(table.source, workflow, table.path, paths, WORDS)


def _distinct(drafts: list[Draft]) -> None:
    seen: set[str] = set()
    for draft in drafts:
        name = draft.workflow.name
        if name and name in seen:
            what = f"Two workflows are called {name!r}; give one of them another name."
            draft.fault(("name",), what, name)
        seen.add(name)
