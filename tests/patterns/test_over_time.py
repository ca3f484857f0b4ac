"""Patterns that wait: retry, poll, approval, a human in the loop, a queue with a rate."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from repertory.actors import ActorSystem, RetryPolicy, State, Workflow, activity, after
from repertory.actors.errors import InvalidTransition
from repertory.actors.patterns import (
    Approval,
    Approver,
    HumanTask,
    PollUntil,
    RateLimitedQueue,
    Retry,
)
from repertory.actors.testing import ManualClock

HOUR = timedelta(hours=1)
ONCE = RetryPolicy(attempts=1)
calls: list[Any] = []
answers: list[Any] = []


@activity(name="pattern-answer", retry=ONCE)
def answer(given: Any) -> Any:
    """Give what the test has prepared: a value, or an error."""
    calls.append(given)
    found = answers.pop(0) if answers else given
    if isinstance(found, Exception):
        raise found
    return found


@activity(name="pattern-notify", retry=ONCE)
def notify(who: str, input: Any) -> None:
    calls.append((who, input))


@activity(name="pattern-remind", retry=ONCE)
def remind(workflow_id: str, reminder: int) -> None:
    calls.append((workflow_id, reminder))


class Fragile(Workflow):
    """Fails at once, unless it is told to be good."""

    workflow_name = "pattern-fragile"
    start = State(initial=True)
    done, failed = State(final=True), State(final=True)
    start.to(done, cond="is_good")
    start.to(failed)

    class Context:
        good: bool = False

    def is_good(self) -> bool:
        return self.context.good


POLICY = RetryPolicy(first=3600, longest=86400, jitter=0, attempts=3, unless=(PermissionError,))


class Again(Retry):
    workflow_name = "pattern-again"
    work, policy = answer, POLICY


class ChildAgain(Retry):
    workflow_name = "pattern-child-again"
    work, policy = Fragile, POLICY


class Ready(PollUntil):
    workflow_name = "pattern-ready"
    look, every = answer, timedelta(minutes=10)
    deadline = after(24 * HOUR, "expire")

    def met(self, result: Any) -> bool:
        return bool(result["ready"])


class Thrice(PollUntil):
    workflow_name = "pattern-thrice"
    look, most = answer, 3


class Expense(Approval):
    workflow_name = "pattern-expense"
    approvers = [Approver("ann", 24 * HOUR), Approver("bob", HOUR)]
    notify = notify


class Label(HumanTask):
    workflow_name = "pattern-label"
    notify, remind_every, within = remind, 24 * HOUR, 72 * HOUR + HOUR

    def check(self, value: Any) -> bool:
        return value in ("cat", "dog")


class Slow(RateLimitedQueue):
    workflow_name = "pattern-slow"
    work, limit, per = answer, 2, HOUR


@pytest.fixture
def system(workflow_system: ActorSystem) -> ActorSystem:
    calls.clear()
    answers.clear()
    return workflow_system


def begin(system: ActorSystem, workflow: type[Workflow], given: Any = None) -> Any:
    ref = system.start(workflow, id="w", context={"input": given})
    system.settle()
    return ref


def test_all_of_it_is_tried_again_after_longer_and_longer_pauses(
    system: ActorSystem, clock: ManualClock
) -> None:
    answers.extend([OSError("one"), OSError("two"), 7])
    ref = begin(system, Again, 1)
    assert (ref.state, ref.context.error) == ("waiting", "OSError: one")
    clock.advance(3599)
    assert len(calls) == 1
    clock.advance(1)
    clock.advance(2 * HOUR)
    assert (ref.state, ref.context.result, calls) == ("completed", 7, [1, 1, 1])


def test_what_is_out_of_attempts_or_not_worth_another_has_failed(
    system: ActorSystem, clock: ManualClock
) -> None:
    answers.append(PermissionError("never"))
    assert begin(system, Again).state == "failed"
    child = system.start(ChildAgain, id="c")
    clock.advance(24 * HOUR)
    assert (child.state, child.context.attempt) == ("failed", 3)
    assert [one.id for one in system.list(Fragile)] == [f"c/attempt {n}" for n in (1, 2, 3)]


def test_a_pause_is_ended_by_hand(system: ActorSystem, clock: ManualClock) -> None:
    answers.append(OSError("one"))
    ref = begin(system, Again, 5)
    ref.ask("again")
    system.settle()
    assert (ref.state, ref.context.result, ref.timers()) == ("completed", 5, [])
    clock.advance(24 * HOUR)
    assert len(calls) == 2


def test_it_looks_until_it_is_so_and_an_error_is_not_the_end(
    system: ActorSystem, clock: ManualClock
) -> None:
    answers.extend([{"ready": False}, OSError("down"), {"odd": 1}, {"ready": True}])
    ref = begin(system, Ready, "job 1")
    clock.advance(timedelta(minutes=10))
    assert (ref.state, ref.context.error) == ("waiting", "OSError: down")
    clock.advance(timedelta(minutes=10))
    assert (ref.state, ref.context.error) == ("waiting", "KeyError: 'ready'")
    clock.advance(timedelta(minutes=10))
    assert (ref.state, ref.context.result, calls) == ("completed", {"ready": True}, ["job 1"] * 4)


def test_looking_comes_to_an_end_in_time_or_by_number(
    system: ActorSystem, clock: ManualClock
) -> None:
    ref = begin(system, Ready, {"ready": False})
    thrice = system.start(Thrice)
    clock.advance(24 * HOUR)
    assert ref.state == "expired"
    assert ref.context.looks in (144, 145), "the last look and the end of its time fall together"
    assert (thrice.state, thrice.context.looks) == ("expired", 3)


def test_who_was_asked_decides_and_the_next_one_is_asked_in_time(
    system: ActorSystem, clock: ManualClock
) -> None:
    ref = begin(system, Expense, "a desk")
    assert calls == [("ann", "a desk")]
    with pytest.raises(InvalidTransition):
        ref.ask("approve", by="bob")
    clock.advance(24 * HOUR)
    assert calls[1:] == [("bob", "a desk")]
    ref.ask("approve", by="ann", comment="late")
    assert (ref.state, ref.context.by, ref.timers()) == ("approved", "ann", [])


def test_an_approval_that_nobody_gives_expires(system: ActorSystem, clock: ManualClock) -> None:
    ref = begin(system, Expense)
    ref.ask("escalate")
    clock.advance(HOUR)
    assert ref.state == "expired", "by then the second one's time is up, not the first one's"


def test_a_rejection_is_kept_with_its_reason(system: ActorSystem) -> None:
    ref = begin(system, Expense)
    ref.ask("reject", by="ann", comment="too dear")
    assert (ref.state, ref.context.comment) == ("rejected", "too dear")


def test_a_human_is_reminded_until_there_is_an_answer_that_can_be_taken(
    system: ActorSystem, clock: ManualClock
) -> None:
    ref = begin(system, Label)
    clock.advance(48 * HOUR)
    assert calls == [("w", 0), ("w", 1), ("w", 2)]
    with pytest.raises(InvalidTransition):
        ref.ask("answer", value="cow")
    ref.ask("answer", value="cat", by="ann")
    assert (ref.state, ref.context.result, ref.context.by) == ("answered", "cat", "ann")
    clock.advance(48 * HOUR)
    assert len(calls) == 3


def test_a_question_that_nobody_answers_expires(system: ActorSystem, clock: ManualClock) -> None:
    ref = begin(system, Label)
    clock.advance(100 * HOUR)
    assert (ref.state, ref.context.reminders) == ("expired", 3)


def test_items_begin_in_order_and_not_too_fast_also_after_a_restart(tmp_path: Path) -> None:
    # Two at once, and which of the two threads comes first is nobody's to say.
    calls.clear()
    answers.clear()
    clock = ManualClock()
    with ActorSystem(tmp_path / "store.db", clock=clock, synchronous="OFF") as system:
        queue = system.start(Slow, id="q")
        assert [queue.ask("put", item=n) for n in range(7)] == [*range(1, 8)]
        system.settle()
        assert sorted(calls) == [0, 1]
        clock.advance(HOUR)
        assert sorted(calls) == [0, 1, 2, 3]
    with ActorSystem(tmp_path / "store.db", clock=clock, synchronous="OFF") as system:
        queue = system.get("q")
        queue.ask("close")
        clock.advance(HOUR - timedelta(seconds=1))
        assert sorted(calls) == [0, 1, 2, 3], "what the system before it has begun counts"
        clock.advance(1)
        assert sorted(calls) == [0, 1, 2, 3, 4, 5]
        answers.append(OSError("lost"))
        clock.advance(HOUR)
        assert (queue.state, queue.context.done, queue.context.failed) == ("closed", 6, 1)
        assert queue.context.error == "item 7: OSError: lost"
        with pytest.raises(InvalidTransition):
            queue.ask("put", item=8)


def test_a_full_queue_refuses(system: ActorSystem) -> None:
    class Small(RateLimitedQueue):
        work, most_waiting, per = answer, 1, HOUR

    queue = system.start(Small)
    queue.ask("put", item=1)
    queue.ask("put", item=2)
    with pytest.raises(InvalidTransition):
        queue.ask("put", item=3)
