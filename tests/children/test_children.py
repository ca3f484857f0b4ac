"""Workflows that start workflows: each exists once, and its end is heard once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from repertory.actors import ActorSystem, RepertoryError, State, Workflow, WorkflowRef
from repertory.actors.errors import InvalidTransition, StoreError
from repertory.actors.testing import ManualClock
from repertory.persistence.memory import MemoryStore
from repertory.persistence.records import Step

LONG = 30.0

OUTSIDE: dict[str, WorkflowRef] = {}
"""Children that somebody else has end while their parent is within an action."""


class Part(Workflow):
    """What a parent starts: it is done, fails, or waits."""

    waiting = State(initial=True)
    done = State(final=True)
    failed = State(final=True)
    finish = waiting.to(done)
    fail = waiting.to(failed)

    class Context:
        n: int = 0
        result: int | None = None
        error: str | None = None

    def on_finish(self) -> None:
        self.context.result = self.context.n * 10

    def on_fail(self, why: str) -> None:
        self.context.error = why


class AtOnce(Workflow):
    """Has ended as soon as it has begun."""

    only = State(initial=True, final=True)


class Stubborn(Workflow):
    """Ends by an event of its own when it is cancelled."""

    working = State(initial=True)
    cleaned = State(final=True)
    cancel = working.to(cleaned)


class Whole(Workflow):
    """Starts what it is told to, and notes what it hears."""

    open = State(initial=True)
    closed = State(final=True)
    start_one = open.to.itself(internal=True)
    start_many = open.to.itself(internal=True)
    start_two_groups = open.to.itself(internal=True)
    drop = open.to.itself(internal=True)
    drop_late = open.to.itself(internal=True)
    ended = open.to.itself(internal=True)
    broke = open.to.itself(internal=True)
    together = open.to.itself(internal=True)
    close = open.to(closed)

    class Context:
        heard: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        joined: list[dict[str, Any]] = []

    def on_start_one(self, kind: str = "Part", told: dict[str, Any] | None = None) -> str:
        kinds = {"Part": Part, "AtOnce": AtOnce, "Stubborn": Stubborn}
        given = {"done": "ended", "failed": "broke", **(told or {})}
        return self.start_child(kinds[kind], **given)

    def on_start_many(self, count: int, told: dict[str, Any] | None = None) -> list[str]:
        contexts = [{"n": n} for n in range(count)]
        given = {"done": "ended", "joined": "together", "group": "g", **(told or {})}
        return self.start_children(Part, contexts, **given)

    def on_start_two_groups(self) -> None:
        for group in ("g", "g.x"):
            self.start_children(Part, [{}, {}], group=group, joined="together")

    def on_drop_late(self, name: str) -> None:
        OUTSIDE[f"{self.workflow_id}/{name}"].ask("finish")
        self.cancel_child(name)

    def on_drop(self, name: str) -> bool:
        return self.cancel_child(name)

    def on_ended(self, child: str, name: str, ended_in: list[str], result: Any) -> None:
        told = {"child": child, "name": name, "ended_in": ended_in, "result": result}
        self.context.heard.append(told)

    def on_broke(self, child: str, error: dict[str, str], ended_in: Any = None) -> None:
        self.context.failed.append({"child": child, "ended_in": ended_in, "error": error})

    def on_together(self, group: str, ended: int) -> None:
        self.context.joined.append({"group": group, "ended": ended})


@pytest.fixture
def whole(system: ActorSystem) -> WorkflowRef:
    return system.start(Whole, id="w")


def settled(system: ActorSystem, whole: WorkflowRef) -> Any:
    system.settle(timeout=LONG)
    return whole.context


def begun(system: ActorSystem, whole: WorkflowRef, kind: str = "Part", **told: Any) -> WorkflowRef:
    id = whole.ask("start_one", kind=kind, told=told)
    system.settle(timeout=LONG)
    return system.get(id)


def test_a_child_begins_with_the_step_and_its_result_comes_as_an_event(
    system: ActorSystem, whole: WorkflowRef
) -> None:
    child = whole.ask("start_one", told={"context": {"n": 4}, "name": "p"})
    assert child == "w/p"
    system.settle(timeout=LONG)
    (one,) = whole.children()
    assert (one.name, one.id, one.workflow, one.states) == ("p", "w/p", "Part", ("waiting",))
    assert system.get(child).parent == "w"
    assert whole.parent is None
    system.get(child).ask("finish")
    assert settled(system, whole).heard == [
        {"child": "w/p", "name": "p", "ended_in": ["done"], "result": 40}
    ]
    assert whole.children() == []


def test_a_failure_comes_as_its_own_event_with_the_reason(
    system: ActorSystem, whole: WorkflowRef
) -> None:
    child = whole.ask("start_one")
    system.settle(timeout=LONG)
    system.get(child).ask("fail", why="no paper")
    context = settled(system, whole)
    assert context.heard == []
    (told,) = context.failed
    assert told["ended_in"] == ["failed"]
    assert told["error"] == {"type": "Failed", "message": "no paper (failed)"}


def test_one_that_ends_as_it_begins_is_heard_of(system: ActorSystem, whole: WorkflowRef) -> None:
    whole.ask("start_one", kind="AtOnce")
    (told,) = settled(system, whole).heard
    assert (told["ended_in"], told["result"]) == (["only"], {})


def test_without_an_event_the_end_is_kept_in_the_history(
    system: ActorSystem, whole: WorkflowRef
) -> None:
    whole.ask("start_one", kind="AtOnce", told={"done": None})
    settled(system, whole)
    last = whole.history()[-1]
    assert last.event == "__child__"
    assert last.data["ended_in"] == ["only"]
    assert whole.children() == []


def test_an_id_that_is_taken_is_a_failure_and_the_other_one_is_left_alone(
    system: ActorSystem, whole: WorkflowRef
) -> None:
    other = system.start(Part, id="taken", context={"n": 1})
    whole.ask("start_one", told={"id": "taken"})
    (told,) = settled(system, whole).failed
    assert told["error"]["type"] == "WorkflowExists"
    other.ask("finish")
    assert settled(system, whole).heard == []


def test_one_that_has_ended_does_not_answer_for_another_of_its_name(
    system: ActorSystem, whole: WorkflowRef
) -> None:
    whole.ask("start_one", kind="AtOnce", told={"name": "p"})
    assert len(settled(system, whole).heard) == 1
    whole.ask("start_one", kind="AtOnce", told={"name": "p"})
    context = settled(system, whole)
    assert len(context.heard) == 1
    (told,) = context.failed
    assert told["error"]["type"] == "WorkflowExists"
    whole.ask("start_one", kind="AtOnce", told={"name": "p", "id": "w/p again"})
    assert [one["child"] for one in settled(system, whole).heard] == ["w/p", "w/p again"]


def test_two_parents_with_one_id_for_a_child_hear_what_is_theirs(
    system: ActorSystem, whole: WorkflowRef
) -> None:
    other = system.start(Whole, id="other")
    whole.ask("start_one", told={"id": "c"})
    system.settle(timeout=LONG)
    other.ask("start_one", told={"id": "c"})
    system.settle(timeout=LONG)
    system.get("c").ask("finish")
    assert len(settled(system, whole).heard) == 1
    assert [one["error"]["type"] for one in settled(system, other).failed] == ["WorkflowExists"]
    assert other.context.heard == []


def test_cancelling_goes_down_and_ends_a_child_where_it_stands(
    system: ActorSystem, whole: WorkflowRef
) -> None:
    child = begun(system, whole, name="p")
    assert whole.ask("drop", name="p") is True
    assert settled(system, whole).failed == []
    assert child.snapshot().finished
    assert child.snapshot().state == "waiting"
    assert child.history()[-1].kind == "cancelled"
    with pytest.raises(InvalidTransition, match="finished"):
        child.ask("finish")
    assert whole.ask("drop", name="p") is False


def test_a_child_that_has_ended_meanwhile_has_nothing_of_its_cancelling_in_its_history(
    system: ActorSystem, whole: WorkflowRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = begun(system, whole, name="p")
    monkeypatch.setitem(OUTSIDE, "w/p", child)
    whole.ask("drop_late", name="p")
    assert settled(system, whole).heard == []
    assert [entry.event for entry in child.history()] == ["__created__", "finish"]
    assert [*system.messages(), *system.messages(dead=True)] == []


class Unlucky(MemoryStore):
    """Has no room for new parts."""

    def commit(self, steps: Sequence[Step]) -> Sequence[RepertoryError | None]:
        if any(step.record.type == "Part" for step in steps):
            raise StoreError("The disk is full.")
        return super().commit(steps)


def test_the_cancelling_of_a_child_that_was_never_born_leaves_nothing_behind() -> None:
    clock = ManualClock()
    with ActorSystem(store=Unlucky(), clock=clock) as system:
        whole = system.start(Whole, id="w")
        whole.ask("start_one", told={"name": "p"})
        system.settle(timeout=LONG)
        whole.ask("drop", name="p")
        assert settled(system, whole).heard == []
        clock.advance(60)  # it may have come before the failed birth was done with, and comes again
        assert settled(system, whole).heard == []
        assert [*system.messages(), *system.messages(dead=True)] == []
        assert system.list(Part) == []


def test_a_child_with_an_event_to_cancel_takes_that(
    system: ActorSystem, whole: WorkflowRef
) -> None:
    child = begun(system, whole, "Stubborn", name="s")
    whole.ask("drop", name="s")
    system.settle(timeout=LONG)
    assert child.state == "cleaned"


def test_what_is_started_and_cancelled_in_one_breath_is_no_orphan(
    system: ActorSystem, whole: WorkflowRef
) -> None:
    for _ in range(20):
        whole.tell("start_one", told={"name": "p"})
        whole.tell("drop", name="p")
        system.settle(timeout=LONG)
    assert [one for one in system.list(Part) if not one.finished] == []


def test_a_parent_that_ends_takes_its_children_along_but_for_the_abandoned(
    system: ActorSystem, whole: WorkflowRef
) -> None:
    mine = begun(system, whole, name="mine")
    free = begun(system, whole, name="free", abandoned=True)
    whole.ask("close")
    system.settle(timeout=LONG)
    assert mine.snapshot().finished
    assert not free.snapshot().finished
    free.ask("finish")
    system.settle(timeout=LONG)
    assert whole.state == "closed"


def test_a_rollback_cancels_what_was_started_since(system: ActorSystem, whole: WorkflowRef) -> None:
    before = begun(system, whole, name="a")
    since = begun(system, whole, name="b")
    whole.rollback(to=2)
    system.settle(timeout=LONG)
    assert since.snapshot().finished
    assert not before.snapshot().finished
    assert [one.name for one in whole.children()] == ["a"]


def test_children_without_a_name_are_numbered_for_good(
    system: ActorSystem, whole: WorkflowRef
) -> None:
    first = begun(system, whole)
    first.ask("finish")
    second = begun(system, whole)
    system.stop("w")  # what it knows of numbers is in the store
    third = begun(system, whole)
    assert [one.id for one in (first, second, third)] == ["w/Part", "w/Part 2", "w/Part 3"]
    whole.rollback(to=2)
    again = whole.ask("start_one")
    assert again == "w/Part 4"
    system.settle(timeout=LONG)
    assert [one.name for one in whole.children()] == ["Part 4"]
    assert whole.context.failed == []
    system.get(again).ask("finish")
    assert [one["child"] for one in settled(system, whole).heard] == ["w/Part 4"]


def test_a_number_is_not_given_again_to_a_child_that_was_taken_back_before_it_was_born(
    system: ActorSystem, whole: WorkflowRef
) -> None:
    futures = [
        whole.ask("start_one", block=False),
        whole.ask("drop", name="Part", block=False),
        whole.ask("start_one", block=False),
    ]
    ids = [future.get(timeout=LONG) for future in futures]
    assert ids == ["w/Part", True, "w/Part 2"]
    system.settle(timeout=LONG)
    assert whole.context.failed == []
    assert [system.get(id).snapshot().finished for id in ids[::2]] == [True, False]


@pytest.mark.parametrize("join, need", [("all", 5), ("any", 1), (3, 3)])
def test_a_group_is_joined_when_enough_have_ended(
    system: ActorSystem, whole: WorkflowRef, join: Any, need: int
) -> None:
    ids = whole.ask("start_many", count=5, told={"join": join})
    assert ids == [f"w/g.{n}" for n in range(1, 6)]
    system.settle(timeout=LONG)
    for number, id in enumerate(ids[:need], 1):
        assert settled(system, whole).joined == []
        assert len(whole.children()) == 6 - number
        system.get(id).ask("finish")
    assert settled(system, whole).joined == [{"group": "g", "ended": need}]
    assert [one["result"] for one in whole.context.heard] == [10 * n for n in range(need)]
    assert all(system.get(id).snapshot().finished for id in ids)
    assert whole.children() == []


def test_a_group_is_joined_by_its_own_children_alone_whatever_they_are_called(
    system: ActorSystem, whole: WorkflowRef
) -> None:
    whole.ask("start_two_groups")
    system.settle(timeout=LONG)
    for group in ("g", "g.x"):
        for name in (f"{group}.1", f"{group}.2"):
            system.get(f"w/{name}").ask("finish")
        assert settled(system, whole).joined[-1] == {"group": group, "ended": 2}
    assert len(whole.context.joined) == 2


def test_a_group_that_ends_while_its_members_race_is_joined_once(
    system: ActorSystem, whole: WorkflowRef
) -> None:
    ids = whole.ask("start_many", count=50)
    system.settle(timeout=LONG)
    for id in ids:
        system.get(id).tell("finish")
    context = settled(system, whole)
    assert context.joined == [{"group": "g", "ended": 50}]
    assert len(context.heard) == 50


def test_children_of_children_are_cancelled_too(system: ActorSystem) -> None:
    top = system.start(Doll, id="t", context={"depth": 3})
    system.settle(timeout=LONG)
    ids = ["t/Doll", "t/Doll/Doll", "t/Doll/Doll/Doll"]
    assert [system.get(id).state for id in ids] == ["here"] * 3
    top.ask("stop")
    system.settle(timeout=LONG)
    assert all(system.get(id).snapshot().finished for id in ids)


class Doll(Workflow):
    """Starts one of its own kind, to some depth."""

    here = State(initial=True)
    gone = State(final=True)
    stop = here.to(gone)

    class Context:
        depth: int = 0

    def on_enter_here(self) -> None:
        if self.context.depth:
            self.start_child(type(self), context={"depth": self.context.depth - 1})


@pytest.mark.parametrize(
    "told, says",
    [
        ({"done": "nothing"}, "no event 'nothing'"),
        ({"context": {"m": 1}}, "m"),
        ({"name": 3}, "is text"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_begins(
    system: ActorSystem, whole: WorkflowRef, told: dict[str, Any], says: str
) -> None:
    with pytest.raises(Exception, match=says):
        whole.ask("start_one", told=told)
    assert settled(system, whole).heard == []
    assert system.list(Part) == []


def test_two_children_of_one_name_are_refused(system: ActorSystem, whole: WorkflowRef) -> None:
    whole.ask("start_one", told={"name": "p"})
    with pytest.raises(Exception, match="has a child 'p'"):
        whole.ask("start_one", told={"name": "p"})
    with pytest.raises(Exception, match="join is 9"):
        whole.ask("start_many", count=2, told={"join": 9})


def test_a_restart_goes_on_where_it_was(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    with ActorSystem(file, synchronous="OFF") as system:
        whole = system.start(Whole, id="w")
        ids = whole.ask("start_many", count=4)
        system.settle(timeout=LONG)
        system.get(ids[0]).ask("finish")
    with ActorSystem(file, synchronous="OFF") as system:
        for id in ids[1:]:
            system.get(id).ask("finish")
        system.settle(timeout=LONG)
        context = system.get("w").context
        assert context.joined == [{"group": "g", "ended": 4}]
        assert sorted(one["child"] for one in context.heard) == sorted(ids)
        assert system.verify() == []
