"""The states of a mailbox."""

OPEN, RETIRING, CLOSED, ENDED = 0, 1, 2, 3
"""In this order. From `CLOSED` on it refuses everything; `ENDED` is when all is cleared up."""
