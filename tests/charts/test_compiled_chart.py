"""What a `CompiledChart` is to its users, and the short ways in."""

import asyncio
import copy
import pickle
import tracemalloc

import pytest
from repertory.actors.charts.async_engine import CompiledAsyncEngine
from repertory.actors.charts.capture import Captured, Pending, capture, place, rehydrate
from repertory.actors.charts.chart import CompiledChart, bare, start, take, take_async
from repertory.actors.charts.engine import CompiledEngine
from repertory.actors.charts.trace import Microstep, Taken
from statemachine import HistoryState, State, StateChart
from statemachine.exceptions import TransitionNotAllowed


class Order(CompiledChart):
    """An order that keeps what its callbacks were told."""

    catch_errors_as_events = False
    allow_event_without_transition = False

    basket = State(initial=True)
    paid = State()
    shipped = State(final=True)
    pay = basket.to(paid, cond="covers")
    refund = paid.to(basket)
    ship = paid.to(shipped)
    note = paid.to.itself(internal=True, on="keep") | basket.to.itself(internal=True, on="keep")

    told: tuple = ()

    def covers(self, amount):
        return amount >= 10

    def on_pay(self, amount, source, target):
        self.told = (*self.told, ("pay", amount, source.id, target.id))
        return amount

    def on_exit_paid(self, event, state):
        self.told = (*self.told, ("left", str(event), state.is_active))

    def on_ship(self):
        raise RuntimeError("no van")

    def keep(self, *args, **kwargs):
        self.told = (*self.told, args, sorted(kwargs))


class Player(CompiledChart):
    """A player that goes on where it was stopped."""

    class on(State.Compound):
        class playing(State.Compound):
            slow = State(initial=True)
            fast = State()
            faster = slow.to(fast)
            slower = fast.to(slow)

        resting = State(initial=True)
        where = HistoryState(type="deep")
        play = resting.to(playing)

    off = State()
    stop = on.to(off)
    resume = off.to(on.where)


class Twice(CompiledChart):
    """Takes an eventless transition once its guard allows."""

    ready = False
    a = State(initial=True)
    b = State()
    c = State()
    go = a.to(b)
    b.to(c, cond="ready")
    back = c.to(a)


def test_an_instance_is_used_as_any_chart():
    order = Order()
    assert order.basket.is_active and not order.paid.is_active
    assert order.pay(amount=12) == 12
    assert order.current_state_value == "paid"
    assert [state.id for state in order.configuration] == ["paid"]
    assert [str(event) for event in order.allowed_events] == ["refund", "ship", "note"]
    assert order.told == (("pay", 12, "basket", "paid"),)


def test_take_answers_as_send_does():
    order = Order()
    assert take(order, "pay", (), {"amount": 12}) == 12
    assert take(order, "refund") is None
    assert take(order, "pay", (15,)) == 15


def test_take_raises_what_send_raises():
    order = Order()
    with pytest.raises(TransitionNotAllowed, match="Can't Ship when in Basket"):
        take(order, "ship")
    with pytest.raises(TransitionNotAllowed, match="Can't unheard when in Basket"):
        take(order, "unheard")
    with pytest.raises(TransitionNotAllowed):
        take(order, "pay", (), {"amount": 1})
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'amount'"):
        take(order, "pay")


def test_a_failing_action_leaves_the_configuration_as_it_was():
    order = Order()
    take(order, "pay", (), {"amount": 12})
    with pytest.raises(RuntimeError, match="no van"):
        take(order, "ship")
    assert order.current_state_value == "paid"
    assert take(order, "refund") is None


def test_event_data_cannot_pose_as_what_the_chart_injects():
    order = Order()
    take(order, "pay", (), {"amount": 12, "source": "elsewhere", "machine": None})
    assert order.told == (("pay", 12, "basket", "paid"),)


def test_names_that_are_not_identifiers_reach_catch_all_parameters():
    order = Order()
    take(order, "note", (1, 2), {"two words": 3, "class": 4})
    args, names = order.told
    assert args == (1, 2)
    assert {"two words", "class", "event_data", "new_configuration"} <= set(names)


def test_an_event_sent_by_an_action_runs_before_take_returns():
    class Chain(CompiledChart):
        a = State(initial=True)
        b = State()
        c = State()
        go = a.to(b)
        more = b.to(c)
        back = c.to(a)

        def on_go(self):
            assert take(self, "more") is None
            self.send("more")

    chain = Chain()
    take(chain, "go")
    assert chain.current_state_value == "c"


def test_eventless_transitions_are_tried_before_and_after_each_event():
    chart = Twice()
    take(chart, "go")
    assert chart.current_state_value == "b"
    chart.ready = True
    take(chart, "nothing of note")
    assert chart.current_state_value == "c"
    take(chart, "back")
    take(chart, "go")
    assert chart.current_state_value == "c"


def test_instances_share_what_belongs_to_their_class():
    one, other = Order(), Order()
    assert one._engine.binding is other._engine.binding
    assert "_callbacks" not in vars(other) and "_config" not in vars(other)


def test_an_instance_keeps_less_than_two_kilobytes():
    Player()
    tracemalloc.start()
    try:
        kept = [Player() for _ in range(200)]
        size = tracemalloc.get_traced_memory()[0] / len(kept)
    finally:
        tracemalloc.stop()
    assert size < 2048


def test_a_listener_sets_only_its_own_chart_apart():
    class Ears:
        heard = ()

        def on_enter_state(self, target):
            self.heard = (*self.heard, target.id)

    ears, plain, listened = Ears(), Order(), Order()
    listened.add_listener(ears)
    for order in (plain, listened):
        take(order, "pay", (), {"amount": 12})
    assert ears.heard == ("paid",)
    assert plain._engine.binding is Order()._engine.binding
    assert listened._engine.binding is not plain._engine.binding


def test_an_attribute_named_as_a_callback_counts_for_its_instance_alone():
    class Gate(CompiledChart):
        shut = State(initial=True)
        open = State()
        push = shut.to(open, cond="unlocked")
        pull = open.to(shut)

        unlocked = False

    locked, unlocked = Gate(), bare(Gate, attributes={"unlocked": True})
    start(unlocked)
    for gate in (locked, unlocked):
        take(gate, "push")
    assert locked.shut.is_active and unlocked.open.is_active


def test_a_subclass_that_adds_to_inherited_states_is_compiled_anew():
    class Base(CompiledChart):
        a = State(initial=True)
        b = State()
        go = a.to(b)
        back = b.to(a)

    take(Base(), "go")

    class More(Base):
        c = State()
        leap = Base.a.to(c)
        land = c.to(Base.a)

    chart = More()
    take(chart, "leap")
    assert chart.current_state_value == "c"
    take(chart, "land")
    take(chart, "go")
    assert chart.b.is_active


@pytest.mark.parametrize(
    "again", [copy.deepcopy, copy.copy, lambda chart: pickle.loads(pickle.dumps(chart))]
)
def test_a_copy_goes_on_by_itself(again):
    order = Order()
    take(order, "pay", (), {"amount": 12})
    twin = again(order)
    assert twin.paid.is_active and twin.told == order.told
    if again is not copy.copy:  # a shallow copy shares its model, as in stock
        take(twin, "refund")
        assert order.paid.is_active and twin.basket.is_active


def test_a_chart_with_a_model_of_its_own_writes_there():
    class Row:
        status = None

    row = Row()
    order = Order(row, state_field="status")
    take(order, "pay", (), {"amount": 12})
    assert row.status == "paid"
    assert order.told == (("pay", 12, "basket", "paid"),)


def test_a_model_with_callbacks_takes_part():
    class Strict:
        state = None

        def before_pay(self, amount):
            self.before = amount

    strict = Strict()
    take(Order(strict), "pay", (), {"amount": 12})
    assert strict.before == 12


def test_setting_the_state_from_outside_is_heeded():
    order = Order()
    order.current_state_value = "paid"
    assert take(order, "refund") is None
    order.model.state = "paid"
    take(order, "refund")
    assert order.basket.is_active


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
    assert [(m.event, m.exited, m.entered) for m in trace] == [
        ("__initial__", (), ("on", "resting")),
        ("play", ("resting",), ("playing", "slow")),
        ("stop", ("slow", "playing", "on"), ("off",)),
    ]
    assert trace[1].transitions == (Taken("resting", ("playing",)),)
    assert all(isinstance(m, Microstep) and m.began <= m.ended for m in trace)


def test_a_step_that_failed_leaves_no_record():
    order = Order()
    order._engine.trace = []
    take(order, "pay", (), {"amount": 12})
    with pytest.raises(RuntimeError):
        take(order, "ship")
    assert [m.event for m in order._engine.trace] == ["pay"]


def test_errors_of_one_callback_become_events_and_the_others_are_still_called():
    class Brave(CompiledChart):
        a = State(initial=True)
        b = State()
        broken = State()
        go = a.to(b, on=["first", "second"])
        error_execution = b.to(broken)
        again = broken.to(a)
        said: tuple = ()

        def first(self):
            raise ValueError("first")

        def second(self):
            self.said = (*self.said, "second")

        def on_enter_broken(self, error):
            self.said = (*self.said, str(error))

    brave = Brave()
    take(brave, "go")
    assert brave.broken.is_active
    assert brave.said == ("second", "first")


def test_an_error_while_handling_an_error_does_not_go_on_for_ever():
    class Clumsy(CompiledChart):
        a = State(initial=True)
        b = State()
        go = a.to(b, on="fail")
        error_execution = b.to.itself(on="fail")
        back = b.to(a)
        count = 0

        def fail(self):
            self.count += 1
            raise ValueError

    clumsy = Clumsy()
    take(clumsy, "go")
    assert (clumsy.count, clumsy.b.is_active) == (2, True)


def test_a_chart_with_coroutines_is_awaited():
    class Slow(CompiledChart):
        a = State(initial=True)
        b = State()
        go = a.to(b, cond="may")
        back = b.to(a)

        async def may(self, amount):
            return amount > 1

        async def on_go(self, amount):
            return amount * 2

    async def run():
        slow = Slow()
        assert isinstance(slow._engine, CompiledAsyncEngine)
        await slow.activate_initial_state()
        assert await take_async(slow, "go", (), {"amount": 1}) is None
        assert await take_async(slow, "go", (), {"amount": 4}) == 8
        assert [s.id for s in slow.configuration] == ["b"]
        assert await take_async(Order(), "pay", (), {"amount": 12}) == 12

    asyncio.run(run())


def test_the_engine_stands_where_the_stock_one_stands():
    class Plain(StateChart):
        a = State(initial=True)
        b = State()
        go = a.to(b)
        back = b.to(a)

        def _get_engine(self):
            return CompiledEngine(self)

    plain = Plain()
    plain.go()
    assert plain.b.is_active
    take(plain, "back")
    assert plain.a.is_active
