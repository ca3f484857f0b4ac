"""What a workflow sends to itself: at once within the step, or later by a durable timer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from ..persistence.records import MessageKind
from .agenda import Agenda
from .charts import CompiledChart

if TYPE_CHECKING:
    from .timers import Timers


class SendsToItself(CompiledChart):
    """The part of a workflow that stands for python-statemachine's `send`, and delays."""

    if TYPE_CHECKING:
        _agenda: Agenda

        @property
        def timers(self) -> Timers: ...

    _delays: ClassVar[Mapping[str, float]] = {}
    """Milliseconds, by the events that are declared with a delay."""

    def send(
        self,
        event: str,
        *args: Any,
        delay: float | None = None,
        send_id: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Send an event to this very chart, as python-statemachine does.

        From within an action it is taken after the present macrostep, in the same step; with a
        delay, by a durable timer.

        Arguments:
            event: the event.
            args: data by position; not with a delay.
            delay: how long, in milliseconds, as python-statemachine has it; by default what the
                event is declared with, `Event(…, delay=…)`. 0 is at once.
            send_id: the timer's name, for `cancel_event`; by default one that is free.
            kwargs: the event's data.

        Raises:
            ValueError: the delay can't be, or there is data by position.
        """
        if delay is None:
            delay = self._delays.get(event, 0)
        if not delay:
            return super().send(event, *args, delay=0, send_id=send_id, **kwargs)
        self._put_off(event, delay, args, kwargs, send_id, bool(kwargs.pop("internal", False)))
        return None

    def cancel_event(self, send_id: str) -> None:
        """Cancel the delayed event of this name."""
        self.timers.cancel(send_id)

    def _put_nonblocking(self, trigger_data: Any, internal: bool = False) -> None:
        """Put off an event with a delay that is called as a method is: `self.remind()`."""
        given = trigger_data
        delay = given.event.delay
        if delay:
            self._put_off(given.event, delay, given.args, given.kwargs, given.send_id, internal)
        else:
            super()._put_nonblocking(given, internal)

    def _put_off(
        self,
        event: str,
        delay: float,
        args: tuple[Any, ...] = (),
        data: Mapping[str, Any] | None = None,
        send_id: str | None = None,
        internal: bool = False,
    ) -> None:
        if args or internal:
            raise ValueError(f"A delayed event {event!r} takes data by name, and is not internal.")
        name = send_id or self._agenda.unused(MessageKind.TIMER, str(event))
        self.timers.start(name, event=str(event), data=data, after=delay / 1000)
