"""Where a chart stands: captured, restored, and traced on the way."""

import pytest
from repertory.actors.charts.capture import Captured, Pending, capture, place, rehydrate
from repertory.actors.charts.chart import CompiledChart, bare, start, take
from repertory.actors.charts.trace import Microstep, Taken
from statemachine import State, StateChart
from statemachine.exceptions import TransitionNotAllowed

from .sample_charts import Order, Player


def test_a_bare_chart_is_in_no_state_and_has_run_nothing():
    class Loud(CompiledChart):
        a = State(initial=True)
        b = State()
        go = a.to(b)
        back = b.to(a)
        said: tuple = ()

        def on_enter_a(self, word="nothing"):
            self.said = (*self.said, word)

    chart = bare(Loud)
    assert chart.current_state_value is None and chart.said == ()
    start(chart, word="hello")
    start(chart, word="again")
    assert chart.a.is_active and chart.said == ("hello",)


def test_rehydrating_runs_no_action_and_keeps_history_values():
    player = Player()
    for event in ("play", "faster", "stop"):
        take(player, event)
    captured = capture(player)
    assert captured == Captured(("off",), {"where": ("playing", "fast")})
    again = rehydrate(Player, captured)
    assert again.history_values["where"] == player.history_values["where"]
    take(again, "resume")
    assert again.fast.is_active
    assert [s.id for s in again.configuration] == ["on", "playing", "fast"]


def test_a_history_state_that_recorded_nothing_and_one_that_did_lead_elsewhere():
    player = Player()
    for event, innermost in (
        ("play", "slow"),
        ("stop", "off"),
        ("resume", "slow"),
        ("faster", "fast"),
        ("stop", "off"),
        ("resume", "fast"),
        ("slower", "slow"),
        ("stop", "off"),
        ("resume", "slow"),
    ):
        take(player, event)
        assert player.configuration[-1].id == innermost


def test_a_state_entered_by_way_of_history_knows_that_it_is_active():
    class Watched(Player):
        active: tuple = ()

        def on_enter_state(self, target):
            self.active = (*self.active, (target.id, target.is_active))

    watched = Watched()
    for event in ("play", "stop"):
        take(watched, event)
    watched.active = ()
    take(watched, "resume")
    # As in stock: those that history recorded are the chart's own view of a state.
    assert watched.active == (("on", True), ("playing", True), ("slow", True))


def test_a_terminated_chart_is_terminated_when_rehydrated():
    class Short(CompiledChart):
        a = State(initial=True)
        b = State(final=True)
        end = a.to(b)
        allow_event_without_transition = False

    done = Short()
    take(done, "end")
    again = rehydrate(Short, capture(done))
    assert again.is_terminated
    for chart in (done, again):
        with pytest.raises(TransitionNotAllowed):
            take(chart, "end")


def test_pending_events_are_captured_and_run_when_restored():
    pending = Pending("pay", (), {"amount": 11})
    order = rehydrate(Order, Captured(("basket",), pending=(pending,)))
    assert capture(order).pending == (pending,)
    take(order, "refund")
    assert order.told[0] == ("pay", 11, "basket", "paid")
    assert order.basket.is_active
    assert capture(order).pending == ()


def test_place_takes_a_chart_back():
    player = Player()
    before = capture(player)
    for event in ("play", "faster", "stop"):
        take(player, event)
    place(player, before)
    assert capture(player) == before
    assert player.resting.is_active


def test_a_chart_on_the_stock_engine_cannot_be_captured():
    class Plain(StateChart):
        a = State(initial=True)
        b = State()
        go = a.to(b)
        back = b.to(a)

    with pytest.raises(TypeError, match=r"Plain runs on SyncEngine.*Derive its class from"):
        capture(Plain())


def test_a_trace_records_each_microstep():
    player = bare(Player)
    player._engine.trace = []
    start(player)
    take(player, "play")
    take(player, "stop")
    trace = player._engine.trace
    assert [(m.course.event, m.course.exited, m.course.entered) for m in trace] == [
        ("__initial__", (), ("on", "resting")),
        ("play", ("resting",), ("playing", "slow")),
        ("stop", ("slow", "playing", "on"), ("off",)),
    ]
    assert trace[1].course.transitions == (Taken("resting", ("playing",)),)
    assert all(isinstance(m, Microstep) and m.began <= m.ended for m in trace)


def test_a_step_that_failed_leaves_no_record():
    order = Order()
    order._engine.trace = []
    take(order, "pay", (), {"amount": 12})
    with pytest.raises(RuntimeError):
        take(order, "ship")
    assert [m.course.event for m in order._engine.trace] == ["pay"]
