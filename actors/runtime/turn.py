"""The right to run an actor, which one thread has at a time."""

from __future__ import annotations


class Turn(list[None]):
    """A lock that is never waited for, so one token in a list will do.

    Taking the token out is atomic, as with any list. What makes it worthwhile is that a sender
    who finds the actor running sees an empty list at an eighth of the cost of trying a lock:
    `if turn and turn.take()`. New, it is taken; `turn.append(None)` gives it up.
    """

    __slots__ = ()

    def take(self) -> bool:
        """Get the turn if nobody has it; say whether that worked."""
        try:
            self.pop()
        except IndexError:
            return False
        except BaseException:
            # A Ctrl-C comes right after a call, if it comes: the token is out, and nobody has it.
            self.append(None)
            raise
        return True
