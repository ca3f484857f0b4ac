"""What neither SCXML nor XState has a place for, kept in their documents as our own tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ..model import (
    Agent,
    Contract,
    Document,
    Field,
    Later,
    Resource,
    Retry,
    Timeout,
    WorkflowDefinition,
)
from ..native import read_context, read_retry
from ..native_keys import NATIVE
from ..native_states import read_after
from ..parts import read_agent, read_contract, read_resource
from ..places import Path
from ..shapes import Named, Nested, Number, Shape, Text, Texts
from ..source import Source
from ..table import Table

STATE: dict[str, Shape] = {
    "title": Text("What diagrams call it."),
    "description": Text("What people read."),
    "agents": Texts("Who works here."),
    "resources": Texts("What is needed here."),
}
LATER: dict[str, Shape] = {
    "send": Text("The event; without it, what has the name is cancelled."),
    "seconds": Number("How much later.", whole=False),
    "name": Text("What it is cancelled by."),
}
_SAME = ("version", "description", "guards", "context", "contracts", "retry", "deadline")
EXTRAS: dict[str, Shape] = {
    **{key: NATIVE[key] for key in (*_SAME, "agents", "resources")},
    "states": Named("What is kept of states.", of=Nested("A state.", keys=STATE)),
    "later": Named("Actions that send an event for later.", of=Nested("An action.", keys=LATER)),
}


class Extras(msgspec.Struct):
    """What such a table says.

    Attributes:
        version: version of the definition.
        description: what people read.
        guards: the guards' expressions.
        context: the fields of the context, or None.
        contracts: by name.
        retry: how what failed is tried again, or None.
        deadline: when the workflow must have finished, or None.
        agents: by name.
        resources: by name.
        states: title, description, agents and resources of states, by their names.
        later: the actions that send an event for later, by name.
    """

    version: int = 1
    description: str = ""
    guards: dict[str, str] = {}
    context: dict[str, Field] | None = None
    contracts: dict[str, Contract] = {}
    retry: Retry | None = None
    deadline: Timeout | None = None
    agents: dict[str, Agent] = {}
    resources: dict[str, Resource] = {}
    states: dict[str, dict[str, Any]] = {}
    later: dict[str, Later] = {}


def read_extras(source: Source, path: Path, data: Any) -> Extras:
    """Read our own table in a document; what is wrong with it is noted as the source's faults."""
    root = Table(source, path, data, "what Repertory keeps here", EXTRAS)
    guards = {name: text for name, text, _ in root.each_text("guards", "guard")}
    context = read_context(root.table("context", "the context")) if "context" in root else None
    retry = read_retry(root.table("retry", "'retry'")) if "retry" in root else None
    found = Extras(
        version=int(root.number("version") or 1),
        description=verbatim(root, "description"),
        guards=guards,
        context=context,
        contracts={key: _contract(key, t) for key, t in root.named("contracts", "the contract")},
        retry=retry,
        deadline=read_after(root, "deadline", "the workflow"),
        agents={key: read_agent(key, t) for key, t in root.named("agents", "agent")},
        resources={key: read_resource(key, t) for key, t in root.named("resources", "resource")},
        states={key: state_extras(t) for key, t in root.named("states", "state")},
        later={key: _later(t) for key, t in root.named("later", "action")},
    )
    root.close()
    return found


def _contract(name: str, table: Table) -> Contract:
    contract = read_contract(name, table)
    title, said = verbatim(table, "name"), verbatim(table, "description")
    return msgspec.structs.replace(contract, title=title, description=said)


def _later(table: Table) -> Later:
    seconds = float(table.number("seconds") or 0)
    found = Later(table.text("send") or None, seconds, verbatim(table, "name"))
    table.close()
    return found


def verbatim(table: Table, key: str) -> str:
    """Return a key's text with the space around it."""
    table.text(key)
    found = table.raw(key)
    return found if isinstance(found, str) else ""


def state_extras(table: Table) -> dict[str, Any]:
    """Read what is kept of a state."""
    found = {
        "title": verbatim(table, "title"),
        "description": verbatim(table, "description"),
        "agents": tuple(table.texts("agents")),
        "resources": tuple(table.texts("resources")),
    }
    table.close()
    return {key: value for key, value in found.items() if value}


def write_extras(workflow: WorkflowDefinition, document: Document | None) -> dict[str, Any]:
    """Return our own table for a workflow, without its states and its deadline."""
    found: dict[str, Any] = {}
    if workflow.version != 1:
        found["version"] = workflow.version
    if workflow.description:
        found["description"] = workflow.description
    # A guard that is a function of that name has no expression.
    if guards := {name: text for name, text in workflow.guards.items() if text}:
        found["guards"] = guards
    if workflow.context is not None:
        found["context"] = {name: _field(field) for name, field in workflow.context.items()}
    if workflow.contracts:
        found["contracts"] = {name: _written(c) for name, c in workflow.contracts.items()}
    if workflow.retry is not None:
        found["retry"] = {"limit": workflow.retry.limit, "backoff": workflow.retry.backoff}
    if workflow.later:
        found["later"] = {name: _later_out(one) for name, one in workflow.later.items()}
    agents = {name for state in workflow.walk() for name in state.agents}
    resources = {name for state in workflow.walk() for name in state.resources}
    if document is not None and agents:
        found["agents"] = {name: _agent(document.agents[name]) for name in sorted(agents)}
    if document is not None and resources:
        of = document.resources
        found["resources"] = {
            name: {"type": of[name].type, **of[name].settings} for name in sorted(resources)
        }
    return found


def write_timeout(timeout: Timeout) -> dict[str, Any]:
    """Return a time-out as the short form writes it."""
    key, value = ("to", timeout.target) if timeout.target else ("send", timeout.event)
    return {"seconds": timeout.seconds, key: value}


def _later_out(later: Later) -> dict[str, Any]:
    sent = {} if later.event is None else {"send": later.event, "seconds": later.seconds}
    return {**sent, "name": later.name} if later.name else sent


def _agent(agent: Agent) -> dict[str, Any]:
    found = msgspec.to_builtins(agent)
    return {k: v for k, v in found.items() if k != "name" and v not in (None, [], ())}


def _field(field: Field) -> Any:
    if field.default is msgspec.UNSET:
        return str(field.type)
    return {"type": str(field.type), "default": field.default}


def _written(contract: Contract) -> dict[str, Any]:
    def fields(types: Mapping[str, Any]) -> dict[str, str]:
        return {name: str(type) for name, type in types.items()}

    found = {
        "name": contract.title,
        "description": contract.description,
        "input": fields(contract.input),
        "output": fields(contract.output),
    }
    return {key: value for key, value in found.items() if value}
