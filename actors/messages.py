"""What the actors of a system say to each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from queue import Full
from typing import Any, Protocol

import msgspec
from pykka import ActorDeadError

from ..persistence.errors import RepertoryError, StoreError, SystemStopped
from ..persistence.records import Message, MessageKind, Retention, Step
from .position import Position
from .runtime import PooledFuture
from .workflow import Workflow


class Begin(msgspec.Struct, frozen=True):
    """To a new workflow: enter the initial states. Answered when that is durable.

    Attributes:
        workflow: its class.
        context: the context it begins with.
        number: the store's number for it.
        handlers: handlers of its own.
        origin: what its history tells of where it comes from, as JSON, or None.
    """

    workflow: type[Workflow]
    context: Any
    number: int
    handlers: tuple[object, ...] = ()
    origin: bytes | None = None


class Deliver(msgspec.Struct, frozen=True):
    """To a workflow: take an event.

    Attributes:
        event: its name.
        data: its data, by parameter name.
        key: the idempotency key, or None.
        keep_refused: whether a refusal is written to history too.
        message: the message that it came with from another workflow, or None.
        anew: whether that message, and those after it, are delivered again after a failure.
    """

    event: str
    data: Mapping[str, Any]
    key: str | None = None
    keep_refused: bool = False
    message: Message | None = None
    anew: bool = False


class RollBack(msgspec.Struct, frozen=True):
    """To a workflow: go back to where it stood after a step, or before the last one."""

    to: int | None
    key: str | None = None


class Wake(msgspec.Struct, frozen=True):
    """To any actor: answer once all that came before is done; a workflow, in memory again.

    The persistence actor answers whether messages between workflows are still under way.
    """


class Leave(msgspec.Struct, frozen=True):
    """To a workflow: leave memory when all that came before is durable.

    Attributes:
        left: set when it has left.
    """

    left: PooledFuture[None]

    def refused(self, error: Exception) -> None:
        """Answer in the place of a workflow that did not come to it."""
        with suppress(Full):
            self.left.set_error(error)


class Passivate(msgspec.Struct, frozen=True):
    """To a workflow that has finished: leave memory, unless there is something to do."""


class CommitFailed(msgspec.Struct, frozen=True):
    """To a workflow: a step of yours was not written; go back to the last one that was.

    Attributes:
        life: how often the workflow had gone back when it took the step.
    """

    life: int


class Removed(msgspec.Struct, frozen=True):
    """To a workflow: you are no longer in the store; forget what you know.

    Attributes:
        number: the store's number for the one that was removed.
    """

    number: int


class Owner(Protocol):
    """Whoever is told how a commit ended, before anybody is answered."""

    def concluded(self, commit: Commit) -> None: ...


class Commit(msgspec.Struct, eq=False):
    """To the persistence actor: write a step, then tell whoever waits.

    Without a step nothing is written, but the answer waits until all before it is.

    Attributes:
        reply: who is to be answered, or None.
        step: what is to be written, or None.
        position: where the workflow stands after it, or None.
        value: what to answer when it is written.
        failure: what to answer instead: the recorded error of a step that failed or was refused.
        after: a commit that the answer depends on: when that was not written, its error is it.
        received: the message that the step takes, or None.
        owner: who is told how it ended.
        life: how often the workflow had gone back when it took the step.
        then: called when it is durable, before anybody is answered.
        done: whether it has been decided.
        error: why it was not written, once that is known.
        told: whether all who wait for that know.
    """

    # Plain fields, and not a closure over them: that made seven objects more for each event.
    reply: PooledFuture[Any] | None
    step: Step | None = None
    position: Position | None = None
    value: Any = None
    failure: Exception | None = None
    after: Commit | None = None
    received: Message | None = None
    owner: Owner | None = None
    life: int = 0
    then: Callable[[], None] | None = None
    done: bool = False
    error: Exception | None = None
    told: bool = False

    def conclude(self, error: Exception | None) -> None:
        """Tell the owner and whoever waits how it ended; the first time is what counts.

        Where a Ctrl-C has broken that off, the next one does the rest of it.
        """
        if self.told:
            return
        if not self.done:
            if error is None and self.after is not None:
                error = self.after.error
            self.error = error
            self.done = True
        if self.owner is not None:
            self.owner.concluded(self)
        if self.reply is not None:
            answer = self.error or self.failure
            try:
                if answer is None:
                    self.reply.set(self.value)
                else:
                    self.reply.set_error(answer)
            except Full:
                pass  # somebody has answered in our place
        self.told = True

    def refused(self, error: Exception) -> None:
        """End like this when the persistence actor does not come to it."""
        refusal: RepertoryError
        if isinstance(error, ActorDeadError):
            refusal = SystemStopped("The system has stopped; nothing was written.")
        else:
            refusal = StoreError(f"Nothing of it was written: {error}")
        refusal.__cause__ = error
        self.conclude(refusal)


class Undelivered(msgspec.Struct, frozen=True):
    """To the persistence actor: a workflow could not take a message from another one.

    Attributes:
        message: the message.
        error: why.
    """

    message: Message
    error: Exception


class Dropped(msgspec.Struct, frozen=True):
    """To the persistence actor: a message came that its workflow had taken back meanwhile."""

    message: int


class Discard(msgspec.Struct, frozen=True):
    """To the persistence actor: a message came to a workflow to which it means nothing any more."""

    message: int


class Postpone(msgspec.Struct, frozen=True):
    """To the persistence actor: have messages wait for another attempt.

    When one is due, its carrier gets it again.

    Attributes:
        rows: of each its id; when it is due, UTC in microseconds since 1970; how often it was
            tried by now; and its options from now on.
    """

    rows: tuple[tuple[int, int, int, bytes | None], ...]


class Bury(msgspec.Struct, frozen=True):
    """To the persistence actor: set a message aside, for somebody to see to it by hand."""

    message: int
    why: str


class Revive(msgspec.Struct, frozen=True):
    """To the persistence actor: take up at once a message that was set aside, or that waits.

    Answered with whether it is there.
    """

    message: int


class LookDue(msgspec.Struct, frozen=True):
    """To the persistence actor: see to what is due by now."""


class Redeliver(msgspec.Struct, frozen=True):
    """To the persistence actor: try again what this workflow could not take."""

    receiver: str


class Resend(msgspec.Struct, frozen=True):
    """To the persistence actor: deliver a message anew that could not be delivered.

    Answered with whether there was such a one.
    """

    message: int


class DeliverAll(msgspec.Struct, frozen=True):
    """To the persistence actor: deliver what is still on its way in the store."""


class Write(msgspec.Struct, frozen=True):
    """To the persistence actor: do this with the store, in turn with the steps."""

    action: Callable[[], Any]


class Trim(msgspec.Struct, frozen=True):
    """To the persistence actor: remove history that is past retention."""

    retention: Retention


class EventFailed(msgspec.Struct, frozen=True):
    """Published on the event stream: a step failed, or a message that nobody waits for did.

    Attributes:
        workflow_id: the workflow it was for.
        error: what went wrong.
        heard: whether somebody has got it for an answer.
        sent: the message that it came with, if a workflow has sent it; its `dead` says that it is
            set aside.
    """

    workflow_id: str
    error: Exception
    heard: bool = False
    sent: Message | None = None

    def told(self) -> str:
        """Return what went wrong, and who has sent what, as a sentence."""
        sent = self.sent
        if sent is None:
            return str(self.error)
        which = "message" if sent.kind is MessageKind.MESSAGE else f"{sent.kind}'s event"
        end = "; it is among the dead messages: repertory messages --dead" if sent.dead else ""
        return (
            f"The {which} {sent.event!r} from workflow {sent.sender!r} (step {sent.sequence}) "
            f"could not be taken: {str(self.error).removesuffix('.')}{end}."
        )


class StoreFailed(msgspec.Struct, frozen=True):
    """Published on the event stream: a transaction failed, and nothing of it was written.

    Attributes:
        error: why.
        stops: whether the system stops for it.
    """

    error: Exception
    stops: bool
