"""What every actor of a system needs of the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pykka import ActorDeadError

from ..persistence.errors import StoreError, StoreFenced
from ..persistence.records import Message, MessageKind
from ..persistence.store import Store
from .activations import Activations
from .definition_check import DefinitionCheck
from .limits import Limits
from .messages import Commit
from .notifications import Notifications
from .passivation import Passivation
from .quarantine import Quarantine
from .reception import Reception
from .runtime import Envelope, PooledRef, Runtime
from .statistics import Statistics
from .workflow import Workflow


@dataclass(eq=False)
class Services:
    """Shared by the actors of one system; made by `ActorSystem.open`.

    Attributes:
        store: where workflows are kept; read from anywhere, written by the persistence actor.
        runtime: the dispatcher and the clock.
        persistence: the persistence actor.
        supervisor: the supervisor.
        activations: which workflows are in memory.
        notifications: who wants to hear of committed steps.
        workflow_class: finds a class by the name it is stored under.
        system_handlers: handlers of every workflow.
        statistics: what has been written, and what that took.
        own_handlers: handlers given to single workflows, by id.
        definitions: notices classes that have changed.
        stalled: workflows that could not take a message from another one, and so take none after
            it until it comes again.
        stops_on: which errors of the store the system stops for.
        stop: has it stop for one.
        lost: the one that it has stopped for, or None.
        limits: how much may be in memory, and how much may wait.
        passivation: has workflows leave memory.
        reception: where senders outside come in.
        quarantine: which workflows could not be brought into memory.
        carriers: who sees to messages of a kind that is not delivered to a workflow as an event.
            Called by the persistence actor, once for each message until a step takes or cancels
            it; again in the next system, and after a postponement.
    """

    store: Store
    runtime: Runtime
    activations: Activations
    notifications: Notifications
    workflow_class: Callable[[str], type[Workflow]]
    system_handlers: Sequence[object] = ()
    statistics: Statistics = field(default_factory=Statistics)
    own_handlers: dict[str, tuple[object, ...]] = field(default_factory=dict)
    stalled: set[str] = field(default_factory=set)
    stops_on: type[StoreError] = StoreFenced
    stop: Callable[[StoreError], None] = lambda error: None
    lost: StoreError | None = None
    limits: Limits = field(default_factory=Limits)
    persistence: PooledRef[Any] = field(init=False)
    supervisor: PooledRef[Any] = field(init=False)
    definitions: DefinitionCheck = field(init=False)
    passivation: Passivation = field(init=False)
    reception: Reception = field(init=False)
    quarantine: Quarantine = field(init=False)
    carriers: dict[MessageKind, Callable[[Message], None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.quarantine = Quarantine(self.runtime)

    def submit(self, commit: Commit) -> None:
        """Give the persistence actor something to write, or to answer in turn."""
        reply = commit.reply
        if reply is not None:
            reply.worker = self.persistence.actor_inbox
        try:
            self.persistence.actor_inbox.hand_on(Envelope(commit), reply)
        except ActorDeadError as error:
            commit.refused(error)

    def handlers(self, workflow: type[Workflow], own: Sequence[object]) -> list[object]:
        """Return the handlers of one workflow: the system's, its class's and its own."""
        return [*self.system_handlers, *workflow.handlers, *own]
