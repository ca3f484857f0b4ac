"""What a document says, whatever its format: all loaders make this, one builder reads it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal

import msgspec

from .types import Type

StateKind = Literal["state", "final", "compound", "parallel", "history", "deep"]
"""What a state is; `history` and `deep` are the two kinds of history state."""

DEADLINE = "deadline_passed"
"""The event that leads to the target of a deadline."""


class Timeout(msgspec.Struct, frozen=True):
    """What happens when a state has been active, or a workflow been running, for so long.

    Attributes:
        seconds: how long.
        target: the state that is entered then; None when an event is raised instead.
        event: the event that is raised then, or None.
    """

    seconds: float
    target: str | None = None
    event: str | None = None


class Later(msgspec.Struct, frozen=True):
    """What an action of this name does: it sends the workflow an event for later, or cancels that.

    Attributes:
        event: the event; None to cancel it.
        seconds: how much later.
        name: what it is cancelled by; "" for one that is not.
    """

    event: str | None
    seconds: float = 0.0
    name: str = ""


class TransitionDefinition(msgspec.Struct, frozen=True):
    """One way out of a state, or one thing done within it.

    Attributes:
        events: the events that it is for; none for one that is taken by itself.
        targets: ids of the states that it leads to; none for one that stays where it is.
        guards: names of the guards that must all hold; see `WorkflowDefinition.guards`.
        actions: names of the actions that it runs, in order.
        internal: whether the source, a compound state around the targets, is not left.
    """

    events: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    internal: bool = False


class StateDefinition(msgspec.Struct, frozen=True):
    """A state, with all that is within it.

    Attributes:
        name: its id, unlike any other in the workflow.
        kind: what it is.
        title: what diagrams call it; its name by default.
        description: what people read.
        initial: id of the child that is entered by default; None in all but compound states.
        states: the states within it; regions, when it is parallel.
        transitions: those that start from it, tried in this order. A history state's first one
            leads to where it goes when nothing has been recorded.
        enter: names of the actions run when it is entered.
        exit: names of those run when it is left.
        agents: names of the agents that are at work in it.
        resources: names of the resources that it needs.
        timeout: what happens when it has been active for too long, or None.
    """

    name: str
    kind: StateKind = "state"
    title: str = ""
    description: str = ""
    initial: str | None = None
    states: tuple[StateDefinition, ...] = ()
    transitions: tuple[TransitionDefinition, ...] = ()
    enter: tuple[str, ...] = ()
    exit: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    timeout: Timeout | None = None

    def walk(self) -> Iterator[StateDefinition]:
        """This state and all within it, in document order."""
        yield self
        for state in self.states:
            yield from state.walk()

    def keeps(self, targets: Collection[str]) -> bool:
        """Whether an internal transition to these does not leave it: a compound state around all.

        That is SCXML's rule: a parallel state is left all the same, and so is an atomic one.
        """
        within = {state.name for state in self.walk()} - {self.name}
        return self.kind == "compound" and bool(targets) and within.issuperset(targets)


class Field(msgspec.Struct, frozen=True):
    """A field of a context.

    Attributes:
        type: what it holds.
        default: what it has when nothing is given; `msgspec.UNSET` when it must be given.
    """

    type: Type
    default: Any = msgspec.UNSET


class Contract(msgspec.Struct, frozen=True):
    """What goes in and what comes out of the event or action that has its name.

    Attributes:
        name: its name in the document.
        title: what people read.
        description: likewise, longer.
        input: the fields that the event's data must have.
        output: the fields that what is returned must have.
    """

    name: str
    title: str = ""
    description: str = ""
    input: Mapping[str, Type] = {}
    output: Mapping[str, Type] = {}


class Retry(msgspec.Struct, frozen=True):
    """How often, and after how many seconds, what failed is tried again."""

    limit: int
    backoff: float = 0.0


class Agent(msgspec.Struct, frozen=True):
    """A program or a language model that takes part in workflows.

    Attributes:
        name: its name in the document.
        model: which model it is.
        max_tokens: how long its answers may be, or None.
        temperature: how freely it answers, or None.
        tags: what it is good for.
    """

    name: str
    model: str
    max_tokens: int | None = None
    temperature: float | None = None
    tags: tuple[str, ...] = ()


class Resource(msgspec.Struct, frozen=True):
    """Something outside that workflows use; see `Definitions.resource` for its values.

    Attributes:
        name: its name in the document.
        type: "http", "webhook", "database" or "custom".
        settings: what the document says of it; `${VAR}` stands as it is written, so that no
            secret is in here.
        secret: name of the environment's variable that has its key, or None.
    """

    name: str
    type: str
    settings: Mapping[str, Any] = {}
    secret: str | None = None


class WorkflowDefinition(msgspec.Struct, frozen=True):
    """A workflow, as a document describes it.

    Attributes:
        name: the name under which it is stored.
        initial: id of the state at the top that it begins in.
        states: the states at the top, in document order.
        version: version of the definition.
        description: what people read.
        guards: the guards' expressions, by the names that transitions use.
        context: the fields of its context; None for a dict of anything.
        contracts: by name.
        deadline: what happens when it has not finished in some time, or None.
        retry: how what failed is tried again, or None.
        later: the actions that send an event for later, by name; they need no function.
    """

    name: str
    initial: str
    states: tuple[StateDefinition, ...]
    version: int = 1
    description: str = ""
    guards: Mapping[str, str] = {}
    context: Mapping[str, Field] | None = None
    contracts: Mapping[str, Contract] = {}
    deadline: Timeout | None = None
    retry: Retry | None = None
    later: Mapping[str, Later] = {}

    @property
    def deadline_event(self) -> str:
        """The event that the workflow gets at its deadline."""
        return DEADLINE if self.deadline is None else self.deadline.event or DEADLINE

    def walk(self) -> Iterator[StateDefinition]:
        """All states, in document order."""
        for state in self.states:
            yield from state.walk()

    def actions(self) -> tuple[str, ...]:
        """The names of all actions, each once, in document order."""
        named: dict[str, None] = {}
        for state in self.walk():
            named |= dict.fromkeys((*state.enter, *state.exit))
            for transition in state.transitions:
                named |= dict.fromkeys(transition.actions)
        return tuple(named)


class Document(msgspec.Struct, frozen=True):
    """All that one document says.

    Attributes:
        format: the format that it is written in, such as "swarm".
        workflows: its workflows, in its order.
        agents: by name.
        resources: by name.
        name: its own name.
        version: its own version, as it is written.
        description: what people read.
        author: who wrote it.
        created: when.
    """

    format: str
    workflows: tuple[WorkflowDefinition, ...]
    agents: Mapping[str, Agent] = {}
    resources: Mapping[str, Resource] = {}
    name: str = ""
    version: str = ""
    description: str = ""
    author: str = ""
    created: str = ""
