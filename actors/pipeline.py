"""The steps of one workflow on their way to the disk, and the answers that wait for them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pykka import ActorDeadError

from ..persistence.errors import HandlerFailed
from ..persistence.records import Message
from .activations import Activation
from .messages import Commit, CommitFailed, EventFailed, Passivate
from .outcomes import recorded_outcome
from .position import Position
from .runtime import PooledFuture, PooledRef
from .services import Services
from .stepping import Done, follow
from .weight import Weight

Reply = PooledFuture[Any] | None
"""Who waits for an answer; nobody after a `tell`."""


class Pipeline:
    """What a workflow actor has given to the persistence actor.

    The workflow goes on while its steps are being written. When one can't be, so can't any that
    follows; the actor hears of it by `CommitFailed`, and begins another life from what the
    store has.
    """

    def __init__(
        self, services: Services, workflow_id: str, activation: Activation, ref: PooledRef[Any]
    ) -> None:
        self._services = services
        self._id = workflow_id
        self._activation = activation
        self._ref = ref
        self._life = 0
        self._latest: Commit | None = None
        self._weight: Weight | None = None
        # Put in here, taken out by the persistence actor's thread; each is one operation.
        self._keys: dict[str, Commit] = {}

    def write(
        self,
        before: Position,
        done: Done,
        checkpoint_every: int,
        reply: Reply,
        value: Any = None,
        failure: Exception | None = None,
        then: Callable[[], None] | None = None,
    ) -> Position:
        """Send off a step, to be answered when it is durable.

        Arguments:
            before: where the workflow stood.
            done: what it has done.
            checkpoint_every: a checkpoint goes with every so many steps.
            reply: who waits.
            value: the answer.
            failure: the answer instead, of a step that only says what was refused or went wrong.
            then: called when it is durable, before anybody is answered.

        Returns:
            where the workflow stands now.
        """
        step, after = follow(before, done, checkpoint_every)
        if self._weight is not None and step.entry.context is not None:
            self._weight.change(len(step.entry.context), after.context)
            self._services.activations.weigh(self._activation, self._weight.bytes)
            self._services.passivation.look()
        commit = self._latest = Commit(
            reply, step, after, value, failure, None, done.received, self, self._life, then
        )
        if done.key is not None:
            self._keys[done.key] = commit
        self._services.submit(commit)
        return after

    def concluded(self, commit: Commit) -> None:
        """Take note of how a commit ended; in the persistence actor's thread."""
        error, step = commit.error, commit.step
        if step is not None:
            if step.entry.key is not None:
                self._keys.pop(step.entry.key, None)
            if error is None:
                self._activation.durable = commit.position
                if commit.then is not None:
                    commit.then()
                if step.record.finished and self._services.limits.passivates:
                    with suppress(ActorDeadError):
                        self._ref.tell(Passivate())
            else:
                with suppress(ActorDeadError):  # stopped meanwhile
                    self._ref.tell(CommitFailed(commit.life))
        error = error or commit.failure
        if error is None:
            return
        if commit.reply is None or (step and isinstance(commit.failure, HandlerFailed)):
            self.report(error, heard=commit.reply is not None, sent=commit.received)

    def weigh(self, position: Position) -> None:
        """Estimate the memory that the workflow takes, if there is a limit to it."""
        if self._services.limits.max_memory is not None:
            self._weight = Weight(position.context)
            self._services.activations.weigh(self._activation, self._weight.bytes)

    def report(self, error: Exception, *, heard: bool = False, sent: Message | None = None) -> None:
        """Tell the supervisor of what nobody waits for, or everybody should know."""
        with suppress(ActorDeadError):
            self._services.supervisor.tell(EventFailed(self._id, error, heard, sent))

    def answer(self, reply: Reply, failure: Exception | None = None) -> None:
        """Answer what left no step, once all before it is durable."""
        commit = Commit(reply, failure=failure, after=self._last(), owner=self)
        if self._services.all_is_written:
            commit.conclude(None)  # there is nothing that it could overtake
        else:
            self._services.submit(commit)

    @property
    def settled(self) -> bool:
        """Whether every step that was sent off is durable."""
        return self._last() is None

    def _last(self) -> Commit | None:
        """The last step, unless it is on the disk."""
        latest = self._latest
        if latest is None or (latest.done and latest.error is None):
            return None
        return latest

    def repeat(self, number: int, key: str, reply: Reply) -> bool:
        """Answer a repeated idempotency key with its recorded outcome; tell whether it is one."""
        if first := self._keys.get(key):
            commit = Commit(reply, value=first.value, failure=first.failure, after=first)
        elif entry := self._services.store.find_key(number, key):
            value, failure = recorded_outcome(self._id, entry)
            if failure is not None:
                failure.add_note(
                    f"This is the recorded outcome of key {key!r}, and nothing ran now; a new key "
                    f"tries anew."
                )
            commit = Commit(reply, value=value, failure=failure)
        else:
            return False
        self._services.submit(commit)
        return True

    def settle(self) -> None:
        """Wait until every step so far is durable.

        Raises:
            StoreError: one could not be written.
        """
        if self.settled:
            return
        settled: PooledFuture[None] = PooledFuture()
        self.answer(settled)
        settled.get()

    def follow(self, former: Pipeline) -> None:
        """Take over what an actor of the same workflow had sent off before it failed."""
        self._latest, self._keys, self._life = former._latest, former._keys, former._life + 1

    def begin_anew(self, failed: CommitFailed | None = None) -> bool:
        """Forget what was sent off; not when that has been done for an earlier failure."""
        if failed is not None and failed.life != self._life:
            return False  # a later step of those that have failed together
        self._life += 1
        self._latest = None
        return True
