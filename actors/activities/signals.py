"""What the runner of activities is told, and what it lets the event stream know."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ...persistence.records import Message
from .attempt import Attempt, Work
from .retry import Failure


class ActivityFailed(msgspec.Struct, frozen=True):
    """Published on the event stream: an attempt at an activity has failed.

    Attributes:
        workflow_id: the workflow that started it.
        name: the name under which it did.
        activity: the name of the activity.
        attempt: the number of the attempt, from 1.
        error: why: `{"type": …, "message": …}`.
        due: when the next attempt begins; UTC, in microseconds since 1970; None: there is none.
        dead: why it waits for somebody to take it up by hand, or None.
    """

    workflow_id: str
    name: str
    activity: str
    attempt: int
    error: dict[str, str]
    due: int | None
    dead: str | None = None


class Carry(msgspec.Struct, frozen=True):
    """To the runner: an activity is durable, and due."""

    message: Message


class Gone(msgspec.Struct, frozen=True):
    """To the runner: nobody waits for this any more, or its result has been taken."""

    id: int


class Returned(msgspec.Struct, frozen=True):
    """To the runner: the workflow could not take what an activity reported."""

    message: Message
    error: Exception


class Refused(msgspec.Struct, frozen=True):
    """To the runner: a workflow does not allow what an activity has returned.

    Attributes:
        report: what the result was reported with.
        error: why it is not allowed.
    """

    report: Message
    error: Exception


class Noted(msgspec.Struct, frozen=True):
    """To the runner: the store knows that attempts begin, or can't be told so.

    Attributes:
        attempts: those.
        error: why it could not be written, or None.
    """

    attempts: Sequence[Attempt]
    error: Exception | None


class Ended(msgspec.Struct, frozen=True):
    """To the runner: the function of an attempt has come to its end.

    Attributes:
        failure: why it failed; None: it has not, or nobody wants to know.
    """

    attempt: Attempt
    failure: Failure | None


class Overdue(msgspec.Struct, frozen=True):
    """To the runner: something took too long."""

    work: Work
    attempt: Attempt | None
    limit: str
    seconds: float


class Again(msgspec.Struct, frozen=True):
    """To the runner: try again what could not begin, or be reported."""

    work: Work


class Look(msgspec.Struct, frozen=True):
    """To the runner: a rate may let something start."""


class Save(msgspec.Struct, frozen=True):
    """To the runner: write down how far those are that run.

    Attributes:
        last: whether no other one of these is on its way.
    """

    last: bool = True


class Quiet(msgspec.Struct, frozen=True):
    """To the runner: answer once nothing runs; with how much has happened so far.

    Attributes:
        running: whether to wait for what runs; else it is answered at once.
    """

    running: bool = True


class WindDown(msgspec.Struct, frozen=True):
    """To the runner: begin nothing any more, and tell what runs to stop. Answered when it has."""


class Abandon(msgspec.Struct, frozen=True):
    """To the runner: nobody waits any longer for what still runs."""
