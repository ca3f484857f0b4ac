"""Contracts: what an event's data and a result must be."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from functools import wraps
from typing import Any

import msgspec
from msgspec.structs import replace

from ..charts import RESERVED
from .faults import ContractBroken
from .model import Contract, WorkflowDefinition
from .types import Type, fields_type


class Checks:
    """A contract, ready to be checked."""

    def __init__(self, contract: Contract) -> None:
        self._name = contract.name
        self._input = _decoder(contract.input, f"{contract.name} input")
        self._output = _decoder(contract.output, f"{contract.name} output")

    def input(self, data: Mapping[str, Any]) -> None:
        """Check an event's data."""
        if self._input is not None:
            self._check(self._input, dict(data), "what goes in")

    def output(self, result: Any) -> None:
        """Check a result; None has no fields, so it fits where all of them may be left out."""
        if self._output is not None:
            self._check(self._output, {} if result is None else result, "what comes out")

    def _check(self, expected: Any, value: Any, what: str) -> None:
        try:
            msgspec.convert(value, expected)
        except msgspec.ValidationError as error:
            said = str(error).replace("`", "").replace(" - at $.", ", at ").replace("$", "")
            raise ContractBroken(
                f"Contract {self._name!r} does not allow {what}: {said[:1].lower()}{said[1:]}.",
                contract=self._name,
            ) from error


def _decoder(fields: Mapping[str, Type], name: str) -> Any:
    return fields_type(dict(fields), name) if fields else None


def validator(contract: Contract) -> Callable[..., None]:
    """Return the method that refuses an event whose data does not fit the contract."""
    checks = Checks(contract)

    def validate(self: Any, **given: Any) -> None:
        checks.input({name: value for name, value in given.items() if name not in RESERVED})

    validate.__qualname__ = f"contract {contract.name}"
    return validate


def checked(method: Callable[..., Any], contract: Contract, outside: bool) -> Callable[..., Any]:
    """Return an action that checks what it is given and what it returns.

    Arguments:
        method: the action.
        contract: what it must keep to.
        outside: whether it starts an activity, whose result comes later and is checked then.
    """
    checks = Checks(replace(contract, output={}) if outside else contract)
    signature = inspect.signature(method)
    parameters = list(signature.parameters.values())[1:]
    names = {parameter.name for parameter in parameters}
    takes_any = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters)

    def into(given: Mapping[str, Any]) -> dict[str, Any]:
        checks.input({name: value for name, value in given.items() if name not in RESERVED})
        return {name: value for name, value in given.items() if takes_any or name in names}

    if inspect.iscoroutinefunction(method):

        @wraps(method)
        async def awaited(self: Any, **given: Any) -> Any:
            result = await method(self, **into(given))
            checks.output(result)
            return result

        del awaited.__wrapped__
        return awaited

    @wraps(method)
    def called(self: Any, **given: Any) -> Any:
        result = method(self, **into(given))
        checks.output(result)
        return result

    del called.__wrapped__  # its own signature is what it must be called by: it gets everything
    return called


def answering(workflow: WorkflowDefinition, actions: Collection[str]) -> frozenset[str]:
    """Return the events that always have an answer: each of their ways has one of these actions."""
    ways = [(e, t) for s in workflow.walk() for t in s.transitions for e in t.events]
    silent = {event for event, way in ways if not set(way.actions).intersection(actions)}
    return frozenset(event for event, _ in ways if event not in silent)


def unused_contracts(workflow: WorkflowDefinition) -> list[str]:
    """Return a sentence for each contract that no event or action has the name of."""
    events = {e for state in workflow.walk() for t in state.transitions for e in t.events}
    used = {*events, *workflow.actions()}
    return [
        f"Contract {name!r} of workflow {workflow.name!r} is checked by nothing: it has the name "
        f"of no event and of no action."
        for name in workflow.contracts
        if name not in used
    ]
