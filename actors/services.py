"""What every actor of a system needs of the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from pykka import ActorDeadError

from ..persistence.errors import StoreError, StoreFenced
from ..persistence.records import Message, MessageKind, WorkflowRecord
from ..persistence.store import Store
from .activations import Activations
from .definition_check import DefinitionCheck
from .inspection import Rates
from .inspection_socket import InspectionServer
from .limits import Limits
from .messages import Commit
from .notifications import Notifications
from .passivation import Passivation
from .quarantine import Quarantine
from .reception import Reception
from .runtime import Envelope, PooledRef, Runtime
from .runtime.crowd import Crowd
from .statistics import Statistics
from .workflow import Workflow

if TYPE_CHECKING:
    from .activities.attempt import Work
    from .activities.places import Places


class Carrier(Protocol):
    """Sees to messages of one kind. Called by the persistence actor, in its thread: be short."""

    def carry(self, message: Message) -> None:
        """See to a message that is durable and due.

        Called once for each, until a step takes or cancels it; again in the next system, after a
        postponement, and when it was dead and is taken up.
        """

    @property
    def busy(self) -> bool:
        """Whether something is going on that has nobody else to wait for."""

    def returned(self, message: Message, error: Exception) -> None:
        """Hear that the workflow could not take what was delivered to it for a message."""

    def gone(self, message: int) -> None:
        """Hear that a step has taken a message, or taken it back, or that its workflow is gone."""


@dataclass(eq=False)
class Services:
    """Shared by the actors of one system; made by `ActorSystem.open`.

    Attributes:
        store: where workflows are kept; read from anywhere, written by the persistence actor.
        runtime: the dispatcher and the clock.
        persistence: the persistence actor.
        supervisor: the supervisor.
        workflows: the actors of workflows, which are its children.
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
        closing: whether the system is being closed: what it does not begin any more, the next does.
        limits: how much may be in memory, and how much may wait.
        passivation: has workflows leave memory.
        reception: where senders outside come in.
        quarantine: which workflows could not be brought into memory, or kept there.
        rates: how fast it goes, for whoever looks in.
        inspection_server: lets other processes look in.
        carriers: who sees to messages of a kind that is not delivered to a workflow as an event.
        on_finished: told, in the persistence actor's thread, of each workflow that has finished.
        works: the activities that run, or could, by the id of their message.
        activities: the actor that runs activities.
        places: the threads and processes in which they run.
        exists: tells whether there is a workflow of an id; one for all, since each keeps it.
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
    closing: bool = False
    rates: Rates = field(default_factory=lambda: Rates(0.0))
    limits: Limits = field(default_factory=Limits)
    persistence: PooledRef[Any] = field(init=False)
    supervisor: PooledRef[Any] = field(init=False)
    workflows: Crowd = field(init=False)
    definitions: DefinitionCheck = field(init=False)
    passivation: Passivation = field(init=False)
    reception: Reception = field(init=False)
    quarantine: Quarantine = field(init=False)
    inspection_server: InspectionServer | None = None
    carriers: dict[MessageKind, Carrier] = field(default_factory=dict)
    on_finished: list[Callable[[WorkflowRecord], None]] = field(default_factory=list)
    works: dict[int, Work] = field(default_factory=dict)
    activities: PooledRef[Any] = field(init=False)
    places: Places = field(init=False)
    exists: Callable[[str], bool] = field(init=False)

    def __post_init__(self) -> None:
        self.quarantine = Quarantine(self.runtime)
        self.exists = self._exists

    def _exists(self, workflow_id: str) -> bool:
        # In this order: what leaves memory is in the store by then.
        return (
            self.activations.find(workflow_id) is not None
            or self.store.find(workflow_id) is not None
        )

    @property
    def all_is_written(self) -> bool:
        """Whether whatever was submitted until now has been concluded."""
        writer = self.persistence.actor_inbox
        # In this order: who has taken the last of it out has the turn until it is concluded.
        return not writer.queue and not writer.is_taken()

    def submit(self, commit: Commit) -> None:
        """Give the persistence actor something to write, or to answer in turn."""
        reply, writer = commit.reply, self.persistence.actor_inbox
        if reply is not None:
            reply.worker = writer
        try:
            writer.hand_on(Envelope(commit), reply)
        except ActorDeadError as error:
            commit.refused(error)

    def handlers(self, workflow: type[Workflow], own: Sequence[object]) -> list[object]:
        """Return the handlers of one workflow: the system's, its class's and its own."""
        return [*self.system_handlers, *workflow.handlers, *own]
