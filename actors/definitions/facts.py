"""What of a document decides how its stored workflows go on, besides what its class shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .model import Contract, StateDefinition, Timeout, WorkflowDefinition


def facts_of(workflow: WorkflowDefinition) -> dict[str, str]:
    """Return them as texts, by what people call them; descriptions are not among them."""
    return dict(_facts(workflow))


def _facts(workflow: WorkflowDefinition) -> Iterator[tuple[str, str]]:
    used = {g for state in workflow.walk() for t in state.transitions for g in t.guards}
    for name in sorted(used & workflow.guards.keys()):
        yield f"guard {name}", workflow.guards[name]
    for state in workflow.walk():
        yield from _of_state(state)
    for contract in workflow.contracts.values():
        yield f"contract {contract.name}", _contract(contract)
    for name, one in workflow.later.items():
        what = f"{one.event} after {one.seconds:g} s" if one.event else "a cancelling"
        yield f"what {name} sends", f"{what} ({one.name})"
    if workflow.deadline is not None:
        yield "the deadline", _timeout(workflow.deadline)
    if workflow.retry is not None:
        yield "retry", f"{workflow.retry.limit} times, after {workflow.retry.backoff:g} s"


def _of_state(state: StateDefinition) -> Iterator[tuple[str, str]]:
    for what, names in (
        ("entry actions of", state.enter),
        ("exit actions of", state.exit),
        ("agents of", state.agents),
        ("resources of", state.resources),
    ):
        if names:
            yield f"{what} {state.name}", ", ".join(names)
    for number, transition in enumerate(state.transitions):
        if transition.actions:
            named = " ".join(transition.events) or str(number)
            yield f"actions of {named} in {state.name}, way {number}", ", ".join(transition.actions)
    if state.timeout is not None:
        yield f"the time-out of {state.name}", _timeout(state.timeout)


def _timeout(timeout: Timeout) -> str:
    return f"{timeout.seconds:g} s to {timeout.target or timeout.event}"


def _contract(contract: Contract) -> str:
    def fields(types: Mapping[str, object]) -> str:
        return ", ".join(f"{name}: {type}" for name, type in types.items())

    return f"({fields(contract.input)}) -> ({fields(contract.output)})"
