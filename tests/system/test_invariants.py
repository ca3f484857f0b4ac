"""The invariants of a system, each seen to be broken by a variant that breaks it on purpose.

Those of the runtime alone are in `tests/runtime`, those about leaving memory in
`test_passivation_invariants`, crashes at every write in `tests/faults`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import pytest
from repertory.actors import ActorSystem, RepertoryError, State, Workflow
from repertory.actors.activations import Activation, Activations
from repertory.actors.errors import StoreFenced
from repertory.actors.notifications import Committed
from repertory.actors.persistence_actor import PersistenceActor
from repertory.persistence import statements
from repertory.persistence.errors import StaleStep
from repertory.persistence.lock import WriterLock
from repertory.persistence.memory import MemoryStore
from repertory.persistence.records import Step

from .charts import Tally
from .faulty import FaultyStore

LONG = 20.0

Break = Callable[[pytest.MonkeyPatch], None]


class Sender(Workflow):
    """Sends to a listener what it is told, and notes it."""

    here = State(initial=True)
    pass_on = here.to.itself(internal=True)

    class Context:
        sent: int = 0

    def on_pass_on(self, to: str) -> str:
        self.context.sent += 1
        self.tell(to, "hear")
        return "passed on"


class Listener(Workflow):
    """Notes in the test's process that it was reached."""

    here = State(initial=True)
    hear = here.to.itself(internal=True)
    reached: ClassVar[threading.Event] = threading.Event()

    def on_hear(self) -> None:
        self.reached.set()


class Held(FaultyStore):
    """Says when it was asked to commit, before it does."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Event()

    def commit(self, steps: Sequence[Step]) -> Any:
        self.entered.set()
        return super().commit(steps)


# --- 10: no reply or effect before its commit ---


def nothing_is_seen_before_it_is_durable() -> None:
    store = Held()
    Listener.reached.clear()
    with ActorSystem(store=store) as system:
        sender = system.start(Sender, id="s")
        system.start(Listener, id="l")
        system.stop("l")
        told: list[Committed] = []
        system.subscribe(told.append, event="pass_on")
        store.entered.clear()
        store.hold()
        try:
            answer = sender.ask("pass_on", to="l", block=False)
            assert store.entered.wait(LONG)
            seen = (
                answer.done,
                sender.context.sent,
                len(sender.history()),
                system._services.activations.find("l"),
                list(told),
            )
        finally:
            store.release()
        assert seen == (False, 0, 1, None, [])
        assert answer.get(timeout=LONG) == "passed on"
        system.settle(timeout=LONG)
        assert Listener.reached.is_set()
        assert (sender.context.sent, len(told)) == (1, 1)


def beforehand(part: Callable[[Any, Any], None]) -> Break:
    """Let the persistence actor do a part of what follows a commit before it."""

    def breaks(patch: pytest.MonkeyPatch) -> None:
        commit = PersistenceActor._commit

        def too_soon(self: Any, commits: Any) -> None:
            for one in commits:
                if one.step is not None and one.step.entry.event == "pass_on":
                    part(self, one)
            commit(self, commits)

        patch.setattr(PersistenceActor, "_commit", too_soon)

    return breaks


def answers_first(_: Any, commit: Any) -> None:
    commit.reply.set(commit.value)


def delivers_first(actor: Any, commit: Any) -> None:
    actor._outbox.committed(commit.step)


def tells_subscribers_first(actor: Any, commit: Any) -> None:
    actor._notifications.publish(Committed(commit.position, commit.step.entry))
    # They have an actor of their own: what it was told before has been handled then.
    ((_, ref),) = actor._notifications.live.values()
    with suppress(Exception):
        ref.ask(None, timeout=LONG)


def shows_first(_: Any, commit: Any) -> None:
    commit.owner.concluded(commit)


# --- 11: what is recovered is the fold of the history ---


class Mortal(MemoryStore):
    """Dies at its n-th commit: before or after the commit has happened."""

    def __init__(self, at: int, after: bool) -> None:
        super().__init__()
        self._left = at
        self._after = after

    def commit(self, steps: Sequence[Step]) -> Any:
        self._left -= 1
        if self._left < 0:
            raise OSError("The process is dead.")
        if self._left == 0:
            if self._after:
                super().commit(steps)
            raise OSError("The process dies.")
        return super().commit(steps)

    def close(self) -> None:
        """Keep what was written for the next process."""

    def revive(self) -> None:
        self._left = 1 << 30


class Often(Tally):
    """Has a checkpoint at every second step."""

    workflow_name = "Often"
    checkpoint_every = 2


def what_is_recovered_is_the_fold_of_the_history() -> None:
    for at in range(2, 9):
        for after in (False, True):
            store = Mortal(at, after)
            acknowledged = 0
            with ActorSystem(store=store) as system:
                ref = system.start(Often, id="t")
                for _ in range(8):
                    with suppress(RepertoryError):
                        acknowledged = ref.ask("add", n=1)
            store.revive()
            with ActorSystem(store=store) as system:
                assert system.verify() == []
                ref = system.get("t")
                steps = [entry for entry in ref.history() if entry.event == "add"]
                assert ref.context.total == len(steps)
                assert acknowledged <= len(steps) <= acknowledged + 1
                assert ref.ask("add", n=1) == len(steps) + 1


def recovers_from_the_checkpoint_alone(patch: pytest.MonkeyPatch) -> None:
    from repertory.actors import rehydration

    fold = rehydration.read_position

    def read_position(stored: Any) -> Any:
        return fold(type(stored)(stored.record, stored.checkpoint, []))

    for module in ("ref", "presence", "rehydration"):
        where = __import__(f"repertory.actors.{module}", fromlist=["read_position"])
        if hasattr(where, "read_position"):
            patch.setattr(where, "read_position", read_position)


def answers_what_was_not_written(patch: pytest.MonkeyPatch) -> None:
    commit = Mortal.commit

    def lies(self: Any, steps: Any) -> Any:
        try:
            return commit(self, steps)
        except OSError:
            return [None] * len(steps)

    patch.setattr(Mortal, "commit", lies)


# --- 12: one live activation, and one writer ---


def a_workflow_is_in_memory_once() -> None:
    store = Held()
    with ActorSystem(store=store) as system:
        tally = system.start(Tally, id="t")
        store.hold()
        try:
            # The second comes while the first is not written: who reads the store knows less.
            answers = [tally.ask("add", n=1, block=False) for _ in range(3)]
            live = [
                ref
                for ref in tuple(system._services.runtime.registry.values())
                if ref.actor_class.__name__ == "WorkflowActor"
            ]
        finally:
            store.release()
        assert [answer.get(timeout=LONG) for answer in answers] == [1, 2, 3]
        assert len(live) == 1


def always_makes_another(patch: pytest.MonkeyPatch) -> None:
    def enter(self: Activations, workflow_id: str) -> Activation:
        with self._lock:
            self._table.pop(workflow_id, None)
            return self._make(workflow_id)

    patch.setattr(Activations, "enter", enter)
    patch.setattr(Activations, "find", lambda self, workflow_id: None)  # senders look there first


def a_writer_that_was_taken_over_writes_no_more() -> None:
    path = Path(a_writer_that_was_taken_over_writes_no_more.folder) / "store.db"
    old = ActorSystem(path, name="old").open()
    tally = old.start(Tally, id="t")
    WriterLock.release(old._services.store._lock)  # as on a disk that does not keep locks
    try:
        with ActorSystem(path, name="new") as new:
            assert new.get("t").ask("add", n=1) == 1
            with pytest.raises(StoreFenced):
                tally.ask("add", n=10)
            assert new.get("t").ask("add", n=1) == 2
            assert new.verify() == []
    finally:
        old.close()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[None]:
    a_writer_that_was_taken_over_writes_no_more.folder = tmp_path  # type: ignore[attr-defined]
    yield


def does_not_look_at_the_epoch(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(statements, "EPOCH", "SELECT 1")


CHECKS = [
    nothing_is_seen_before_it_is_durable,
    what_is_recovered_is_the_fold_of_the_history,
    a_workflow_is_in_memory_once,
    a_writer_that_was_taken_over_writes_no_more,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_invariant_holds(check: Callable[[], None]) -> None:
    check()


@pytest.mark.parametrize(
    ("check", "breaks", "why"),
    [
        (nothing_is_seen_before_it_is_durable, beforehand(answers_first), r"\(True, 0, 1"),
        (nothing_is_seen_before_it_is_durable, beforehand(delivers_first), "Activation object"),
        (nothing_is_seen_before_it_is_durable, beforehand(tells_subscribers_first), "Committed"),
        (nothing_is_seen_before_it_is_durable, beforehand(shows_first), r"\(False, 1, 1"),
        (what_is_recovered_is_the_fold_of_the_history, recovers_from_the_checkpoint_alone, "=="),
        (what_is_recovered_is_the_fold_of_the_history, answers_what_was_not_written, "<="),
        (a_workflow_is_in_memory_once, always_makes_another, "does not follow"),
        (a_writer_that_was_taken_over_writes_no_more, does_not_look_at_the_epoch, "not follow"),
    ],
    ids=["answers", "delivers", "tells", "shows", "checkpoint", "lies", "another", "epoch"],
)
def test_a_variant_that_breaks_it_is_caught(
    check: Callable[[], None], breaks: Break, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaks(monkeypatch)
    with pytest.raises((AssertionError, StaleStep), match=why):
        check()
