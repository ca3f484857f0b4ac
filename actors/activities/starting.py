"""What an action can do with activities: start one, and cancel one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from ...persistence.records import MessageKind
from ..agenda import Agenda, Sent
from ..names import Name, text
from .call import Changes, Started, start
from .declared import seconds
from .retry import RetryPolicy


class StartsActivities:
    """The part of a workflow that is about activities."""

    secret_names: ClassVar[Sequence[str]] = ()
    """Names of the values that are kept out of what its activities return and raise."""

    if TYPE_CHECKING:
        workflow_id: str
        _agenda: Agenda

        @classmethod
        def event_name(cls, event: Name) -> str | None: ...

    def start_activity(
        self,
        function: Callable[..., Any] | str,
        /,
        *args: Any,
        name: str | None = None,
        done: Name | None = None,
        failed: Name | None = None,
        retry: RetryPolicy | None = None,
        timeout: float | timedelta | None = None,
        total_timeout: float | timedelta | None = None,
        heartbeat_timeout: float | timedelta | None = None,
        **kwargs: Any,
    ) -> str:
        """Have a function run outside the step, once the step is durable, from within an action.

        It runs at least once, and is tried again when it fails; its result comes as an event,
        exactly once. A workflow that waits for it may leave memory.

        Arguments:
            function: a function declared with `@activity`, or the name of one.
            args: its arguments, as JSON.
            name: what this workflow calls it; by default the activity's name.
            done: the event that brings its result, as `result` and `activity` (that name).
                Without one, the result is only kept in the history.
            failed: the event that says it has failed for good, with `error` (`{"type": …,
                "message": …}`), `attempts` and `activity`. Without one, it is set aside, and waits
                for somebody to take it up by hand.
            retry: when it is tried again, other than declared.
            timeout: seconds that one attempt may take, other than declared.
            total_timeout: seconds that all of it may take, other than declared.
            heartbeat_timeout: seconds between two heartbeats, other than declared.
            kwargs: its arguments by name. Those that are called like a parameter here go by place.

        Returns:
            its idempotency key.

        Raises:
            UnknownActivity: the function is not declared as an activity.
            TypeError: it does not take these arguments.
            CodecError: they can't be written as JSON.
            ValueError: the class has no such event, or a time is not longer than nothing.

        Example:
            >>> def on_pay(self) -> None:                              # doctest: +SKIP
            ...     self.start_activity(charge, self.context.total, done=Order.charged)
        """
        started = start(
            function,
            args,
            kwargs,
            name=None if name is None else text(name, "An activity's name"),
            done="" if done is None else self._event_of(done),
            failed=None if failed is None else self._event_of(failed),
            changes=Changes(
                retry=retry,
                timeout=seconds(timeout),
                total_timeout=seconds(total_timeout),
                heartbeat_timeout=seconds(heartbeat_timeout),
            ),
            secrets=self.secret_names,
        )
        add(self._agenda, self.workflow_id, started)
        return started.call.key

    def cancel_activity(self, name: str) -> bool:
        """Stop waiting for an activity, from within an action; it takes effect with the step.

        One that is async is broken off, one that runs in a thread or a process is told (see
        `CurrentActivity.cancelled`). What it has done by then is done.

        Arguments:
            name: what this workflow calls it; of several with one name, all are cancelled.

        Returns:
            whether there was one.
        """
        return self._agenda.cancel(MessageKind.ACTIVITY, name)

    def _event_of(self, event: Name) -> str:
        found = self.event_name(event)
        if found is None:
            raise ValueError(f"{type(self).__name__} has no event {event!r} to report an activity.")
        return found


def add(agenda: Agenda, workflow_id: str, started: Started) -> None:
    """Have an activity leave with the present step."""
    agenda.add(
        Sent(
            workflow_id,
            started.done,
            started.call.encode(),
            kind=MessageKind.ACTIVITY,
            name=started.name,
        )
    )
