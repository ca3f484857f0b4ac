"""The clock to turn, the fixtures, and what they say when a test fails."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from repertory.actors import (
    ActorSystem,
    Retention,
    RetryPolicy,
    State,
    Workflow,
    activity,
    after,
    current_activity,
)
from repertory.actors.errors import InvalidTransition, Timeout
from repertory.actors.testing import ManualClock, assert_transitions, transitions

from .charts import Gate, Order, Tally


class Subscription(Workflow):
    """A month on trial, reminded every day of the last week, then a fee each month."""

    workflow_name = "subscription"

    trial = State(initial=True, timeout=after(timedelta(days=30), target="paying"))
    paying = State()
    ended = State(final=True)
    remind = trial.to.itself(internal=True)
    charge = paying.to.itself(internal=True)
    cancel = trial.to(ended) | paying.to(ended)

    class Context:
        reminded: list[str] = []
        charged: list[str] = []

    def on_enter_trial(self) -> None:
        self.timers.start("remind", after=timedelta(days=23), every=timedelta(days=1))

    def on_remind(self) -> None:
        assert self.timers.fired is not None
        self.context.reminded.append(f"{self.timers.fired.due:%d}")

    def on_enter_paying(self) -> None:
        self.timers.cancel("remind")
        self.timers.start("charge", cron="0 12 1 * *")

    def on_charge(self) -> None:
        assert self.timers.fired is not None
        self.context.charged.append(f"{self.timers.fired.due:%m-%d %H}")


def test_a_workflow_of_months_runs_while_the_clock_is_turned_once(
    workflow_system: ActorSystem, workflow_clock: ManualClock
) -> None:
    subscription = workflow_system.start(Subscription)
    workflow_clock.advance(timedelta(days=100))
    assert subscription.context.reminded == ["24", "25", "26", "27", "28", "29", "30"]
    assert subscription.context.charged == ["02-01 12", "03-01 12", "04-01 12"]
    assert workflow_clock.now() == datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=100)
    assert_transitions(subscription, "charge -> paying", last=True)


def test_the_file_can_be_opened_again_and_the_clock_goes_on(
    workflow_file_system: ActorSystem, workflow_file: Path, workflow_clock: ManualClock
) -> None:
    workflow_file_system.start(Subscription, id="s")
    workflow_file_system.close()
    workflow_clock.advance(timedelta(days=25))
    with ActorSystem(workflow_file, clock=workflow_clock) as system:
        workflow_clock.settle()
        assert system.get("s").context.reminded == ["24"], "one for those that were missed"
        workflow_clock.advance(timedelta(days=4))
        assert system.get("s").context.reminded == ["24", "27", "28", "29", "30"]


def test_several_systems_go_by_one_clock_and_the_end_of_one_is_not_that_of_the_others(
    workflow_clock: ManualClock,
) -> None:
    with ActorSystem(clock=workflow_clock) as one:
        with ActorSystem(clock=workflow_clock) as other:
            first, second = one.start(Subscription), other.start(Subscription)
            workflow_clock.advance(timedelta(days=23))
            assert first.context == second.context and first.context.reminded == ["24"]
        workflow_clock.advance(timedelta(days=1))
        assert first.context.reminded == ["24", "25"]


def test_retention_goes_by_the_clock(tmp_path: Path) -> None:
    clock = ManualClock()
    with ActorSystem(
        tmp_path / "s.db", clock=clock, retention=Retention(count=None, days=10)
    ) as system:
        tally = system.start(Tally, id="t")
        for n in range(4):
            tally.ask("add", n=n)
        clock.advance(timedelta(days=11))
        assert [entry.sequence for entry in tally.history()] == [5]


def test_an_idle_workflow_leaves_memory_by_the_clock(
    workflow_system: ActorSystem, workflow_clock: ManualClock
) -> None:
    workflow_system.start(Subscription, id="s")
    assert workflow_system.statistics.active == 1
    workflow_clock.advance(timedelta(minutes=4))
    assert workflow_system.statistics.active == 1
    for _ in range(10):
        workflow_clock.advance(timedelta(minutes=1))  # waiting for a system is no use of it
    assert workflow_system.statistics.active == 0
    workflow_system.get("s").ask("cancel")
    workflow_clock.advance(timedelta(hours=1))
    assert workflow_system.statistics.active == 0


@pytest.mark.parametrize("turns", [[375], [240, 240], [1, 374], [80, 300], [60] * 7, [240, 135]])
def test_it_leaves_however_far_the_clock_is_turned_at_once(
    workflow_system: ActorSystem, workflow_clock: ManualClock, turns: list[int]
) -> None:
    workflow_system.start(Subscription, id="s")
    for seconds in turns:
        assert workflow_system.statistics.active == 1
        workflow_clock.advance(seconds)
    assert workflow_system.statistics.active == 0


@pytest.mark.parametrize("turns", [[300 - 75], [100, 180], [299]])
def test_it_stays_as_long_as_it_may_however_far_the_clock_is_turned_at_once(
    workflow_system: ActorSystem, workflow_clock: ManualClock, turns: list[int]
) -> None:
    subscription = workflow_system.start(Subscription, id="s")
    workflow_clock.advance(74)
    with pytest.raises(InvalidTransition):
        subscription.ask("charge")
    for seconds in turns:
        workflow_clock.advance(seconds)
    assert workflow_system.statistics.passivated == 0


def test_a_workflow_that_is_used_now_and_then_stays_in_memory(
    workflow_system: ActorSystem, workflow_clock: ManualClock
) -> None:
    used = workflow_system.start(Subscription, id="s")
    for _ in range(10):
        workflow_clock.advance(timedelta(minutes=2))
        with pytest.raises(InvalidTransition):
            used.ask("charge")
    assert workflow_system.statistics.passivated == 0


def test_the_time_of_an_activity_that_hangs_is_over_by_the_clock(
    workflow_system: ActorSystem, workflow_clock: ManualClock
) -> None:
    @activity(timeout=30, retry=RetryPolicy(first=60, jitter=0, attempts=2))
    def hang_until_told() -> None:
        attempts.append(current_activity().attempt)
        current_activity().wait()

    class Hung(Workflow):
        asking = State(initial=True, invoke=hang_until_told)
        answered, given_up = State(final=True), State(final=True)
        done_invoke_asking = asking.to(answered)
        error_invoke_asking = asking.to(given_up)

    attempts: list[int] = []
    hung = workflow_system.start(Hung)
    workflow_clock.advance(29, activities=False)
    assert [one.status for one in hung.activities()] == ["running"]
    workflow_clock.advance(1, activities=False)
    assert [one.status for one in hung.activities()] == ["retrying"]
    workflow_clock.advance(89, activities=False)
    assert hung.state == "asking"
    workflow_clock.advance(1, activities=False)
    workflow_clock.settle()
    assert (hung.state, attempts) == ("given_up", [1, 2])


def test_a_clock_that_waits_in_vain_says_so(tmp_path: Path) -> None:
    clock = ManualClock(timeout=0.05)
    gate = Gate.make("clock")
    with ActorSystem(clock=clock) as system:
        ref = system.start(Gate)
        ref.tell("enter", gate="clock")
        assert Gate.entered["clock"].wait(30)
        with pytest.raises(Timeout):
            clock.advance(1)
        gate.set()


def test_what_has_happened_is_a_line_for_each_step(workflow_system: ActorSystem) -> None:
    order = workflow_system.start(Order, context={"total": 30}, id="o")
    with pytest.raises(Exception, match="undone"):
        order.ask("spoil")
    with pytest.raises(Exception, match="can't take"):
        order.ask("ship", keep_refused=True)
    order.ask("pay", amount=30)
    order.rollback()
    assert_transitions(
        order,
        "-> basket",
        "spoil (failed)",
        "ship (refused)",
        "pay -> paid",
        "rollback -> basket",
    )
    assert transitions(order.fork(id="f")) == ["__forked__ -> basket"]
    with pytest.raises(AssertionError) as caught:
        assert_transitions(order, "pay -> paid", "rollback -> paid", "ship -> shipped", last=True)
    assert str(caught.value).splitlines() == [
        "Workflow 'o' did something else than expected.",
        "  ship (refused), and not pay -> paid",
        "  pay -> paid, and not rollback -> paid",
        "  rollback -> basket, and not ship -> shipped",
    ]


def test_installing_the_library_is_enough_to_have_the_fixtures(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(
        "from repertory.actors import Lifecycle\n"
        "def test_it(workflow_system, workflow_clock, workflow_file_system):\n"
        "    workflow_system.start(Lifecycle).ask('start')\n"
        "    workflow_clock.advance(60)\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
