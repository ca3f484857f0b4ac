"""What is done with a system's store as a whole, or for a workflow between stores."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ..persistence.exchange import export_workflow, import_workflow
from ..persistence.records import MessageKind, Problem, WorkflowRecord
from ..persistence.verification import verify
from .activities.status import ActivityStatus, status_of
from .inspection import statistics_of
from .life import SystemLife
from .lifecycle import RETRY
from .messages import DeliverAll, Write
from .migrating import MigrationReport, migrate, would_migrate
from .position import microseconds_of
from .ref import WorkflowRef
from .statistics import Statistics
from .timers import Timer, timers_among
from .waiting import ask_and_wait
from .workflow import Workflow


class SystemUpkeep(SystemLife):
    """Looking after the store: counting, checking, migrating, exporting and importing."""

    @property
    def statistics(self) -> Statistics:
        """What has been written since the system was opened, and what is in memory."""
        return statistics_of(self._services)

    def dead(self, *, after: int = 0, limit: int = 100) -> list[WorkflowRecord]:
        """Return a page of the workflows that have failed, and have no retry to come.

        They stand in a state called "failed", as a `Lifecycle` that is out of retries does. Take
        one up again with its event: `system.get(id).ask("retry")`.

        Arguments:
            after: for the next page, the `number` of the last one of the page before.
            limit: how many at the most.
        """
        store, found = self._services.store, list[WorkflowRecord]()
        while len(found) < limit:
            page = store.list(states=("failed",), finished=False, after=after, limit=limit)
            if not page:
                break
            after = page[-1].number
            found += (
                record
                for record in page
                if (MessageKind.TIMER, RETRY)
                not in {(one.kind, one.name) for one in store.pending(record.id)}
            )
        return found[: max(limit, 0)]

    def timers(
        self, *, until: datetime | None = None, after: Timer | None = None, limit: int = 100
    ) -> list[Timer]:
        """Return a page of the timers and timeouts of all workflows, the next one to fire first.

        Arguments:
            until: only those that are due by then; with a time zone.
            after: for the next page, the last one of the page before.
            limit: how many at the most.
        """
        store, found = self._services.store, list[Timer]()
        by = 2**63 - 1 if until is None else microseconds_of(until)
        cursor = (1, 0) if after is None else (microseconds_of(after.due), after.id)
        while len(found) < limit and (page := store.due(by=by, after=cursor, limit=limit)):
            found += timers_among(page)
            cursor = (page[-1].due, page[-1].id)
        return found[: max(limit, 0)]

    def verify(self, id: str | None = None) -> Sequence[Problem]:
        """Check the store, or one workflow in it, and return what is wrong; [] is well."""
        return list(verify(self._services.store, id))

    def export(self, id: str) -> bytes:
        """Return a workflow with all its history as a JSON document.

        Raises:
            WorkflowNotFound: there is none of this id.
        """
        return export_workflow(self._services.store, id)

    def import_(self, document: bytes) -> WorkflowRef:
        """Put a workflow that was exported into this store, as it was.

        Raises:
            BadDocument: it is damaged, or not one of ours.
            WorkflowExists: its id is taken.
        """
        store = self._services.store
        write = Write(lambda: import_workflow(store, document))
        record: WorkflowRecord = ask_and_wait(self._services.persistence, write)
        self._services.persistence.tell(DeliverAll())  # its timers may be due
        return WorkflowRef(self, record.id)

    def activities(
        self, *, dead: bool = False, after: int = 0, limit: int = 100
    ) -> Sequence[ActivityStatus]:
        """Return a page of the activities that have not come to their end, the oldest first.

        Arguments:
            dead: those that are out of attempts and wait to be taken up by hand instead; see
                `WorkflowRef.retry_activity`.
            after: for the next page, the `id` of the last one of the page before.
            limit: how many at the most.
        """
        services = self._services
        found = services.store.messages(
            kind=MessageKind.ACTIVITY, dead=dead, after=after, limit=limit
        )
        return [status_of(message, services) for message in found]

    def migrate(
        self, workflow: type[Workflow] | str | None = None, *, dry_run: bool = False
    ) -> MigrationReport:
        """Bring every workflow of an older version to the present version of its class, now.

        Otherwise each is migrated when it is next needed. One that can't be is left as it is, and
        is in the report with what is wrong.

        Arguments:
            workflow: only those of this class, or of the class stored under this name.
            dry_run: only try, and write nothing.

        Returns:
            what was done, or would be, with each workflow that is of another version than its
            class.

        Example:
            >>> for one in system.migrate(dry_run=True).failed:     # doctest: +SKIP
            ...     print(one.workflow_id, one.error)
        """
        name = workflow if workflow is None or isinstance(workflow, str) else workflow.workflow_name
        each = would_migrate if dry_run else migrate
        return each(self._services, name)
