"""Waiting for a system to come to rest, and seeing to what could not go on."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import islice

from ..persistence.errors import StoreError, UnknownWorkflow, WorkflowError
from ..persistence.records import Message
from .activities.signals import Quiet
from .inspecting import SystemInspecting
from .known import workflow_class
from .messages import Redeliver, Resend, Wake, Write
from .migrating import error_of_trying
from .quarantine import Quarantined
from .ref import WorkflowRef
from .waiting import Deadline, ask_and_wait, error_of, wait


class SystemRecovery(SystemInspecting):
    """Bringing workflows back, and what has been left behind."""

    def settle(self, timeout: float | None = None, *, activities: bool = True) -> None:
        """Wait until all that was accepted so far is durable, or was answered otherwise.

        That includes what workflows have sent to each other, activities that wait for nothing but
        their turn, and what follows from it.

        Arguments:
            timeout: seconds to wait.
            activities: whether to wait for activities that run, too.

        Raises:
            Timeout: it took longer.
        """
        services = self._services
        deadline = Deadline(timeout)
        # First those that are being started, last what is said of what failed.
        ask_and_wait(services.supervisor, Wake(), deadline.left(), "the supervisor")
        under_way, moves = True, 0
        while under_way:
            pending = [WorkflowRef(self, id)._at_rest() for id in services.activations.ids()]
            for future in filter(None, pending):
                with suppress(WorkflowError, StoreError):  # its senders have heard of it
                    wait(future, deadline.left(), "the system to settle")
            left = ask_and_wait(services.persistence, Wake(), deadline.left(), "the store")
            quiet = ask_and_wait(services.activities, Quiet(activities), deadline.left())
            before, moves = moves, quiet
            under_way = left or moves != before
        ask_and_wait(services.supervisor, Wake(), deadline.left(), "the supervisor")

    # --- messages that wait ---

    def messages(
        self,
        *,
        dead: bool = False,
        receiver: str | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> Sequence[Message]:
        """Return a page of what workflows have sent to each other and has not been taken yet.

        Arguments:
            dead: what can't be delivered, because its receiver does not exist, instead.
            receiver: only what is for this workflow.
            after: for the next page, the `id` of the last one of the page before.
            limit: how many at the most.
        """
        return self._services.store.messages(dead=dead, receiver=receiver, after=after, limit=limit)

    def resend(self, message: int) -> bool:
        """Deliver a message that could not be delivered; tell whether there is such a one.

        If its receiver still does not exist, it comes back to the dead ones.

        Arguments:
            message: its id; see `messages(dead=True)`.
        """
        self._check_writable()
        return bool(ask_and_wait(self._services.persistence, Resend(message)))

    def drop(self, message: int) -> bool:
        """Delete a message that could not be delivered; tell whether there was such a one.

        Arguments:
            message: its id; see `messages(dead=True)`.
        """
        self._check_writable()
        store = self._services.store
        return bool(ask_and_wait(self._services.persistence, Write(lambda: store.drop(message))))

    # --- workflows that can't go on ---

    def quarantined(self) -> Sequence[Quarantined]:
        """Return the workflows that could not be brought into memory since the system was opened.

        They are left as they are in the store, and what others have sent them waits there, and is
        tried again, after 0.1 s at first and 30 s at most. One that comes into memory is not
        among them any more.
        """
        return self._services.quarantine.all()

    def take_up(self, id: str, *, timeout: float | None = None) -> None:
        """Bring a workflow into memory now, quarantined or not, and deliver what waits for it.

        Arguments:
            id: the workflow's id.
            timeout: seconds to wait.

        Raises:
            WorkflowNotFound: there is none of this id.
            RepertoryError: it can't be brought into memory, and this is why.
        """
        wait(WorkflowRef(self, id)._wake(), timeout, f"workflow {id!r} to be taken up")
        self._services.persistence.tell(Redeliver(id))

    def unfit(self) -> dict[str, Exception]:
        """Look through the store for workflows that could not be brought into memory.

        Nothing is written, and no action runs; a migration that is due is tried. It works with
        `read_only=True`.

        Returns:
            why not, by id, for each one that has not finished.
        """
        services, found = self._services, dict[str, Exception]()
        for record in services.store.all():
            if not record.finished and (error := error_of_trying(services, record)) is not None:
                found[record.id] = error
        return found

    def recover(self) -> dict[str, Exception | None]:
        """Bring every unfinished workflow into memory now, instead of on demand.

        Returns:
            for each of them None, or why it could not be brought back. Such a one is left as it is
            in the store, and tried again at its next event.
        """
        services, outcomes = self._services, dict[str, Exception | None]()
        unfinished = (record for record in services.store.all() if not record.finished)
        versions: dict[str, int | None] = {}
        while batch := list(islice(unfinished, services.limits.max_activating)):
            # By this thread, since others would have to share the interpreter with it; but where
            # something is to be written, many at once wait for the disk together.
            pending = {
                record.id: WorkflowRef(self, record.id)._wake(
                    run=record.version == self._version(record.type, versions)
                )
                for record in batch
            }
            outcomes |= {id: error_of(future) for id, future in pending.items()}
        return outcomes

    def _version(self, type: str, known: dict[str, int | None]) -> int | None:
        """Return the present version of a class, if it can be used; what is known is kept."""
        if type not in known:
            known[type] = None
            with suppress(UnknownWorkflow):  # which is told when it is tried
                known[type] = (self._classes.get(type) or workflow_class(type)).version
        return known[type]
