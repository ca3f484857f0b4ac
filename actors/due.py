"""What is due later: an alarm for the next of it, and the rest stays in the store.

The store's index by deadline is the heap, so that a million timers cost their rows and no more.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from pykka import ActorDeadError

from ..persistence.records import Message
from .messages import LookDue
from .runtime import TimerHandle

if TYPE_CHECKING:
    from .services import Services

WINDOW = 2000
"""Messages that are on their way at once; of more that are due, the rest waits in the store."""

_LAST = 2**63 - 1


class Due:
    """Gives the outbox what has become due, in that order.

    Attributes:
        behind: whether there is more of it than was given.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store
        self._clock = services.runtime.clock
        # What is due up to here was given: `due` and `id` of the last one.
        self._given = (0, _LAST)
        self._expected: int | None = None
        self._alarm: TimerHandle | None = None
        self.behind = False

    def begin_anew(self) -> None:
        """Give all that is due once more."""
        self._given = (0, _LAST)

    def has_given(self, message: Message) -> bool:
        """Tell whether what is due that early was given already, and it is still due."""
        place = (message.due, message.id)
        return place <= self._given and message.due <= self._clock.now_us()

    def expect(self, due: int) -> None:
        """See to it that what is due then is looked for then."""
        if due <= self._given[0]:
            # It was given up to a time that lies ahead again: somebody has set the clock back.
            self._given = (due, 0)
        if self._expected is not None and self._expected <= due:
            return
        self._expected = due
        self._silence()
        if due <= self._clock.now_us():
            self.behind = True
            self._ring()
            return
        with suppress(RuntimeError):  # the clock has stopped; the next system looks
            self._alarm = self._clock.call_at(due, self._ring)

    def _silence(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _ring(self) -> None:
        with suppress(ActorDeadError):  # likewise
            self._services.persistence.tell(LookDue())

    def wants_more(self, under_way: int) -> bool:
        """Tell whether it is time to take the next ones of those that are due."""
        return self.behind and under_way <= WINDOW // 2

    def take(self, under_way: int) -> list[Message]:
        """Return what has become due, as far as the window allows.

        Arguments:
            under_way: how many messages are on their way.
        """
        self._expected = None
        self._silence()
        room = WINDOW - under_way
        if room <= 0:
            self.behind = True
            return []
        found = self._store.due(by=self._clock.now_us(), after=self._given, limit=room)
        if found:
            self._given = (found[-1].due, found[-1].id)
        self.behind = len(found) == room
        if not self.behind:
            following = self._store.due(by=_LAST, after=self._given, limit=1)
            if following:
                self.expect(following[0].due)
        return found
