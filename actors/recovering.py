"""Waiting for a system to come to rest, and seeing to what could not go on."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import islice

from ..persistence.errors import StoreError, WorkflowError
from ..persistence.records import Message
from .activities.signals import Quiet
from .inspecting import SystemInspecting
from .messages import Wake
from .ref import WorkflowRef
from .waiting import Deadline, ask_and_wait, error_of, wait


class SystemRecovery(SystemInspecting):
    """Bringing workflows back, and what has been left behind."""

    def settle(self, timeout: float | None = None) -> None:
        """Wait until all that was accepted so far is durable, or was answered otherwise.

        That includes what workflows have sent to each other, activities that wait for nothing but
        their turn, and what follows from it.

        Arguments:
            timeout: seconds to wait.

        Raises:
            Timeout: it took longer.
        """
        services = self._services
        deadline = Deadline(timeout)
        # First those that are being started, last what is said of what failed.
        ask_and_wait(services.supervisor, Wake(), deadline.left(), "the supervisor")
        under_way, moves = True, 0
        while under_way:
            pending = [WorkflowRef(self, id)._wake() for id in services.activations.ids()]
            for future in pending:
                with suppress(WorkflowError, StoreError):  # its senders have heard of it
                    wait(future, deadline.left(), "the system to settle")
            left = ask_and_wait(services.persistence, Wake(), deadline.left(), "the store")
            before, moves = moves, ask_and_wait(services.activities, Quiet(), deadline.left())
            under_way = left or moves != before
        ask_and_wait(services.supervisor, Wake(), deadline.left(), "the supervisor")

    def messages(self, *, dead: bool = False) -> Sequence[Message]:
        """Return what workflows have sent to each other and has not been taken yet.

        Arguments:
            dead: what can't be delivered, because its receiver does not exist, instead.
        """
        return self._services.store.messages(dead=dead)

    def recover(self) -> dict[str, Exception | None]:
        """Bring every unfinished workflow into memory now, instead of on demand.

        Returns:
            for each of them None, or why it could not be brought back. Such a one is left as it is
            in the store, and tried again at its next event.
        """
        services, outcomes = self._services, dict[str, Exception | None]()
        unfinished = (record.id for record in services.store.all() if not record.finished)
        while batch := list(islice(unfinished, services.limits.max_activating)):
            pending = {id: WorkflowRef(self, id)._wake() for id in batch}
            outcomes |= {id: error_of(future) for id, future in pending.items()}
        return outcomes
