"""The supervisor: starts, stops and removes workflows, restarts them, and hears of failures."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
from pykka import ActorDeadError, ActorRef

from .absent import not_found, taken
from .answer import brought_by
from .messages import Begin, EventFailed, Leave, Removed, Wake, Write
from .runtime import Directive, Envelope, PooledActor, PooledFuture, Strategy
from .runtime.crowd import Crowd
from .runtime.errors import InterruptedHandlerError
from .services import Services
from .workflow import Workflow
from .workflow_actor import WorkflowActor

logger = logging.getLogger("repertory")


class Start(msgspec.Struct, frozen=True):
    """Start a workflow. Answered with its id when its creation is durable.

    Attributes:
        workflow: its class.
        workflow_id: its id, which must be new.
        context: the context it begins with.
        handlers: handlers of its own.
    """

    workflow: type[Workflow]
    workflow_id: str
    context: Any
    handlers: tuple[object, ...]


class Stop(msgspec.Struct, frozen=True):
    """Have a workflow leave memory once it has done what it was sent. Answered then."""

    workflow_id: str


class Remove(msgspec.Struct, frozen=True):
    """Delete a workflow and all its history. Answered when that is durable."""

    workflow_id: str


class Supervisor(PooledActor):
    """Directs the workflows of one system.

    A workflow whose action fails has already been put back to where it stood, so it is
    left running: the supervisor passes the failure on to the event stream, where it is seen even
    if nobody waited for the answer.

    The actors of workflows are its children. What one raises itself is a defect, ours or a
    library's, after which nothing in its memory can be trusted: a new instance goes on from the
    last step that is durable. One that fails again and again leaves memory and is quarantined.

    Attributes:
        workflows: the actors of workflows.
    """

    stop_on_failure = False

    # A handler that Ctrl-C broke off, in a thread that ran it while it waited, is no defect.
    supervision = Strategy(directives={InterruptedHandlerError: Directive.RESUME})

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services
        services.workflows = Crowd(self.actor_inbox, self.supervision, WorkflowActor.origin)

    def on_receive(self, message: Any) -> None:
        reply: Any = self.take_reply()
        try:
            match message:
                case Start():
                    self._start(message, reply)
                case Stop():
                    self._leave(message.workflow_id, reply, lambda: reply.set(None))
                case Remove():
                    self._remove(message.workflow_id, reply)
                case Wake():
                    reply.set(None)
                case EventFailed():
                    self._failed(message)
                case _:
                    raise TypeError(f"The supervisor can't take a {type(message).__name__}.")
        except Exception as error:
            if reply is None:
                raise
            reply.set_error(error)

    def _start(self, message: Start, reply: PooledFuture[Any]) -> None:
        services, workflow_id = self._services, message.workflow_id
        if services.store.find(workflow_id) is not None:
            raise taken(workflow_id)
        number = services.store.allocate()
        begin = Begin(message.workflow, message.context, number, message.handlers)

        def put(ref: ActorRef[Any]) -> None:
            brought_by(ref, reply)
            ref.actor_inbox.put(Envelope(begin, reply_to=reply))

        services.activations.deliver(workflow_id, put)

    def _leave(self, workflow_id: str, reply: PooledFuture[Any], left: Callable[[], None]) -> None:
        activation = self._services.activations.find(workflow_id)
        if activation is None:
            if self._services.store.find(workflow_id) is None:
                raise not_found(workflow_id)
            left()
            return
        done: PooledFuture[None] = PooledFuture()

        def then(future: PooledFuture[None]) -> None:
            try:
                future.get()
                left()
            except Exception as error:
                reply.set_error(error)

        def put(ref: ActorRef[Any]) -> None:
            brought_by(ref, reply)
            ref.tell(Leave(done))

        done.add_done_callback(then)
        self._services.activations.deliver(workflow_id, put)

    def _remove(self, workflow_id: str, reply: PooledFuture[Any]) -> None:
        services = self._services

        def delete() -> None:
            record = services.store.find(workflow_id)
            if record is None:
                raise not_found(workflow_id)
            pending = services.store.pending(workflow_id)
            services.store.remove(workflow_id)
            for message in pending:
                if message.kind in services.carriers:
                    services.carriers[message.kind].gone(message.id)
            services.own_handlers.pop(workflow_id, None)
            # It may have been sent something, and so be in memory again.
            if activation := services.activations.find(workflow_id):
                with suppress(ActorDeadError):
                    activation.ref.tell(Removed(record.number))

        def write() -> None:
            brought_by(services.persistence, reply)
            services.persistence.actor_inbox.put(Envelope(Write(delete), reply_to=reply))

        self._leave(workflow_id, reply, write)

    def _failed(self, message: EventFailed) -> None:
        logger.log(logging.INFO if message.heard else logging.WARNING, "%s", message.told())
        self._services.runtime.events.publish(message)
