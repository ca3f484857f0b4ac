"""Where what is sent from outside comes in: at once, when there is room, or not at all."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from threading import RLock
from typing import TYPE_CHECKING, Any

import pykka
from pykka import ActorDeadError

from ..persistence.errors import MailboxFull
from .activations import Activation, Activations
from .limits import Limits
from .runtime import Envelope, PooledFuture, PooledRef
from .runtime.context import here
from .runtime.future import answer
from .waiting import Deadline

if TYPE_CHECKING:
    from .runtime import Mailbox

_SMALL = 256
"""From this limit on senders look without a lock while less than half of it is taken: two who look
at the same time may both put something there."""


class Gate:
    """Where senders wait until there is room for them.

    Attributes:
        limit: how much there is room for.
        what: what waits there already, for the error.
    """

    __slots__ = ("_load", "_waiting", "limit", "what")

    def __init__(self, limit: int, load: Callable[[], int], what: str) -> None:
        """Make one.

        Arguments:
            limit: how much there is room for.
            load: tells how much is there.
            what: what that is.
        """
        self.limit = limit
        self.what = what
        self._load = load
        self._waiting: deque[PooledFuture[None]] = deque()

    @property
    def full(self) -> bool:
        """Whether there is no room."""
        return self._load() >= self.limit

    def wait(self) -> PooledFuture[None]:
        """Return a future that is set when it is worth looking again."""
        ticket: PooledFuture[None] = PooledFuture()
        self._waiting.append(ticket)
        if not self.full:
            self.ease()  # it has just become so, and nobody may come by any more
        return ticket

    def leave(self, ticket: PooledFuture[None]) -> None:
        """Wait no longer; if one's turn had come, it is another one's."""
        try:
            self._waiting.remove(ticket)
        except ValueError:
            self.ease()

    def ease(self, *, everybody: bool = False) -> None:
        """Let in as many as there is room for, once half of it is free."""
        if not self._waiting:
            return
        load = 0 if everybody else self._load()
        if load > self.limit // 2:
            return
        for _ in range(len(self._waiting) if everybody else self.limit - load):
            try:
                ticket = self._waiting.popleft()
            except IndexError:
                return
            answer(ticket, None)


class Reception:
    """Lets senders in as long as there is room, and has them wait, or refuses them, when not.

    Only those outside wait. An action, a subscriber or whoever else runs in a thread of the system
    could wait for itself, so it is refused; what the system itself has to say always gets in.
    """

    def __init__(
        self, activations: Activations, limits: Limits, writer: Mailbox, starter: Mailbox
    ) -> None:
        """Open the doors.

        Arguments:
            activations: the workflows in memory.
            limits: how much there is room for.
            writer: the persistence actor's mailbox.
            starter: the supervisor's.
        """
        self._activations = activations
        self._limits = limits
        self._unwritten = writer.queue
        self._easy = limits.mailbox_limit // 2 if limits.mailbox_limit >= _SMALL else 0
        self._easy_unwritten = limits.unwritten_limit // 2
        self._one = RLock()
        self._closed = False
        self._disk = Gate(
            limits.unwritten_limit, lambda: len(writer.queue), "steps wait for the disk"
        )
        self._arriving = Gate(
            limits.max_activating,
            lambda: activations.fresh + len(starter.queue),
            "workflows are on their way into memory",
        )
        self._starting = Gate(
            limits.mailbox_limit, lambda: len(starter.queue), "workflows wait to be started"
        )
        self._gates: dict[Activation, Gate] = {}
        writer.on_idle = self._disk.ease
        starter.on_idle = self._ease_starting
        activations.arrived = self._arriving.ease

    def _ease_starting(self) -> None:
        self._starting.ease()
        self._arriving.ease()

    def close(self) -> None:
        """Have nobody wait any more: there will be nobody to let them in."""
        self._closed = True
        with self._one:
            gates = [self._disk, self._starting, self._arriving, *self._gates.values()]
        for gate in gates:
            gate.ease(everybody=True)

    def accept(
        self,
        workflow_id: str,
        envelope: Envelope[Any],
        timeout: float | None,
        *,
        run: bool = False,
        may_wait: bool = True,
    ) -> None:
        """Send something to a workflow from outside, as soon as there is room for it.

        Arguments:
            workflow_id: the workflow.
            envelope: what it is sent.
            timeout: seconds to wait for room, or None for as long as it takes.
            run: whether this thread waits for the answer and may run the actor, should it be idle.
            may_wait: whether this thread may be held up even if an event loop runs in it.

        Raises:
            MailboxFull: there was no room, and waiting is not allowed, or was in vain.
            SystemStopped: the system is closing.
        """
        activations = self._activations
        found = activations.find(workflow_id)
        if (
            found is not None
            and len(found.ref.actor_inbox.queue) < self._easy
            and len(self._unwritten) < self._easy_unwritten
        ):
            activations.uses = found.used = activations.uses + 1
            try:
                put(found.ref, envelope, run)
            except ActorDeadError:
                activations.leave(workflow_id, found)
            else:
                return
        patient = may_wait or asyncio._get_running_loop() is None
        deadline = Deadline(timeout)
        while (gate := self._try(workflow_id, envelope, patient)) is not None:
            self._wait(gate, workflow_id, deadline, patient)

    async def accept_async(self, workflow_id: str, envelope: Envelope[Any]) -> None:
        """Do what `accept` does, from asyncio, without blocking its loop."""
        while (gate := self._try(workflow_id, envelope, True)) is not None:
            if not self._may_wait():
                raise self._no_room(workflow_id, gate)
            ticket = gate.wait()
            try:
                await ticket
            except BaseException:
                gate.leave(ticket)
                raise

    def admit(self, workflow_id: str, timeout: Deadline, *, may_wait: bool) -> None:
        """Wait until there is room for a new workflow.

        Raises:
            MailboxFull: as with `accept`.
        """
        patient = may_wait or asyncio._get_running_loop() is None
        while (gate := self._obstacle(None, patient)) is not None:
            self._wait(gate, workflow_id, timeout, patient)

    async def admit_async(self, workflow_id: str) -> None:
        """Do what `admit` does, from asyncio, without blocking its loop."""
        while (gate := self._obstacle(None, True)) is not None:
            if not self._may_wait():
                raise self._no_room(workflow_id, gate)
            ticket = gate.wait()
            try:
                await ticket
            except BaseException:
                gate.leave(ticket)
                raise

    def _try(self, workflow_id: str, envelope: Envelope[Any], patient: bool) -> Gate | None:
        """Put it there, or return the gate that is shut."""
        with self._one:  # nobody puts anything there between the look and the deed
            gate = self._obstacle(self._activations.find(workflow_id), patient)
            if gate is None:
                self._activations.deliver(workflow_id, lambda ref: put(ref, envelope))
        return gate

    def _obstacle(self, activation: Activation | None, patient: bool) -> Gate | None:
        if self._closed:
            return None
        if activation is not None:
            mailbox = activation.ref.actor_inbox
            if len(mailbox.queue) >= self._limits.mailbox_limit:
                return self._gate_of(activation, mailbox)
        if here.mailbox is not None or here.serves_loop:
            return None
        if self._disk.full:
            return self._disk
        if activation is None and self._starting.full:
            return self._starting
        # It comes in by itself, and is no reason to refuse anybody: only to wait.
        waits = activation is None and patient and self._limits.when_full == "wait"
        return self._arriving if waits and self._arriving.full else None

    def _gate_of(self, activation: Activation, mailbox: Mailbox) -> Gate:
        with self._one:
            gate = self._gates.get(activation)
            if gate is None:
                for one in [one for one in self._gates if one.ref.actor_inbox.closed]:
                    del self._gates[one]
                gate = self._gates[activation] = Gate(
                    self._limits.mailbox_limit, lambda: len(mailbox.queue), "events wait for it"
                )
                mailbox.on_idle = gate.ease
        return gate

    def _wait(self, gate: Gate, workflow_id: str, timeout: Deadline, patient: bool) -> None:
        if not patient or not self._may_wait():
            raise self._no_room(workflow_id, gate)
        ticket = gate.wait()
        try:
            ticket.get(timeout=timeout.left())
        except pykka.Timeout as error:
            gate.leave(ticket)
            raise self._no_room(workflow_id, gate) from error
        except BaseException:
            gate.leave(ticket)
            raise

    def _may_wait(self) -> bool:
        inside = here.mailbox is not None or here.serves_loop
        return self._limits.when_full == "wait" and not inside

    def _no_room(self, workflow_id: str, gate: Gate) -> MailboxFull:
        return MailboxFull(
            f"Workflow {workflow_id!r} was sent nothing: {gate.limit:,} {gate.what} already; send "
            f"less at once, or later.",
            workflow_id=workflow_id,
            limit=gate.limit,
        )


def put(actor: PooledRef[Any], envelope: Envelope[Any], run: bool = False) -> None:
    """Put something into an actor's mailbox.

    Arguments:
        actor: the actor.
        envelope: what it gets. Whoever waits for the answer can run it meanwhile, and rings show.
        run: whether this thread may run the actor at once, should it be idle.

    Raises:
        pykka.ActorDeadError: it has stopped; nothing was put there.
    """
    mailbox: Mailbox = actor.actor_inbox
    reply: Any = envelope.reply_to
    if reply is None:
        mailbox.put(envelope)
        return
    reply.worker = mailbox
    if run:
        mailbox.put_and_run(envelope, reply)
    else:
        mailbox.put(envelope)
