"""What is wrong with a document: every fault of it, with its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from ...persistence.errors import BadDefinition, RepertoryError


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong with a document.

    Attributes:
        what: what is wrong and what to do about it, in a sentence.
        name: the name at fault, such as that of a state; "" for the document as a whole.
        file: the file's path, as it was given; "<text>" for a text.
        line: the line in it, from 1.
        column: the column in the line, from 1.
    """

    what: str
    name: str
    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.what}"


class FaultyDocument(BadDefinition):
    """A document can't be made into workflows. Its author's fault; nothing of it was loaded.

    Attributes:
        faults: all that is wrong with it, in the order of its lines.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        ordered = sorted(set(faults), key=lambda f: (f.line, f.column, f.what))
        self.faults = tuple(ordered)
        super().__init__("\n".join(map(str, ordered)))


class UnboundActions(BadDefinition):
    """A workflow names actions that no function is bound to. Nothing of it was started.

    Attributes:
        workflow: the workflow's name.
        actions: all the names without a function.
    """

    def __init__(self, workflow: str, actions: Mapping[str, str]) -> None:
        """Make it.

        Arguments:
            workflow: the workflow's name.
            actions: the names, each with a sentence on what is broken, or "".
        """
        self.workflow = workflow
        self.actions = tuple(actions)
        many = len(self.actions) > 1
        super().__init__(
            f"{workflow} names {'actions' if many else 'an action'} that no function is bound "
            f"to: {', '.join(self.actions)}. Bind each with @action(name), or give "
            f"load_definitions, or --actions, a module that has {'them' if many else 'it'}."
            + "".join(f" {broken}" for broken in actions.values() if broken)
        )


class GuardFailed(RepertoryError):
    """A guard's expression could not be worked out for this context and event.

    Attributes:
        guard: the guard's name.
        expression: its expression.
    """

    def __init__(self, message: str, *, guard: str, expression: str) -> None:
        super().__init__(message)
        self.guard = guard
        self.expression = expression


class ContractBroken(RepertoryError):
    """What went in, or what came out, does not fit a contract.

    Attributes:
        contract: the contract's name.
    """

    def __init__(self, message: str, *, contract: str) -> None:
        super().__init__(message)
        self.contract = contract


class ActionFailed(RepertoryError):
    """An action raised an error that had a secret in it; this one has its place taken by a name."""


class SecretMissing(RepertoryError):
    """A variable that a resource takes its value from is not set in the environment.

    Attributes:
        variables: the variables' names.
        resources: of a workflow that can't start, the names of the resources that take their keys
            from them, one for each variable; else empty.
    """

    def __init__(
        self, message: str, *, variables: Iterable[str], resources: Iterable[str] = ()
    ) -> None:
        super().__init__(message)
        self.variables = tuple(variables)
        self.resources = tuple(resources)
