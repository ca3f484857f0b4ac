"""Late timers that come again at once, so that what was due after them has to wait its turn."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterator

from ..persistence.records import Message
from .recurrence import comes_again

_Place = tuple[int, int, Message]


class InTurn:
    """Hands out what is due for each workflow so that times which were missed come in order.

    A timer that fires for each time that was missed is set anew by the step that it brings. What
    is due for the same workflow later than that waits here until the step is durable.

    Attributes:
        free: by their receivers, those for whom something can be handed out now, in order.
    """

    def __init__(self) -> None:
        # By the receiver: the id of the timer that is on its way, and what waits for it.
        self._held: dict[str, tuple[int, list[_Place]]] = {}
        self.free: dict[str, None] = {}

    def waits(self, message: Message) -> bool:
        """Tell whether a message that is due has to wait; then it is kept here."""
        held = self._held.get(message.receiver)
        if held is not None:
            insort(held[1], (message.due, message.id, message))
        return held is not None

    def hand_out(self, message: Message, now: int) -> None:
        """Note that one is on its way: if it comes again at once, others wait for that."""
        if comes_again(message, now):
            _, waiting = self._held.get(message.receiver, (0, []))
            self._held[message.receiver] = (message.id, waiting)

    def taken(self, receiver: str, message: int) -> None:
        """Note that a message is no longer on its way."""
        if (held := self._held.get(receiver)) is not None and held[0] == message:
            self.free[receiver] = None

    def following(self, wanted: Callable[[int], bool]) -> Iterator[Message]:
        """Yield what has waited, and can be handed out now.

        Arguments:
            wanted: tells by its id whether a message is still to be handed out.
        """
        while self.free:
            receiver = next(iter(self.free))
            del self.free[receiver]
            taken, waiting = self._held[receiver]
            while waiting and self._held[receiver][0] == taken:
                message = waiting.pop(0)[2]
                if wanted(message.id):
                    yield message
            if self._held[receiver][0] == taken:
                del self._held[receiver]

    def drop(self, receiver: str) -> Iterator[int]:
        """Forget what waits for a workflow that can take nothing now; yield the ids."""
        self.free.pop(receiver, None)
        _, waiting = self._held.pop(receiver, (0, []))
        return (id for _, id, _ in waiting)
