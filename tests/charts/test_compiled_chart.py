"""What a `CompiledChart` is to its users, and the short ways in."""

import asyncio
import copy
import pickle
import threading
import tracemalloc

import pytest
from repertory.actors.charts.async_engine import CompiledAsyncEngine
from repertory.actors.charts.chart import CompiledChart, bare, start, take, take_async
from repertory.actors.charts.engine import CompiledEngine
from statemachine import HistoryState, State, StateChart
from statemachine.exceptions import TransitionNotAllowed

from .sample_charts import Order, Player, Twice


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


def test_threads_that_compile_a_class_together_agree():
    class Grid(CompiledChart):
        class both(State.Parallel):
            class one(State.Compound):
                a = State(initial=True)
                b = State()
                where = HistoryState()
                go = a.to(b) | b.to(a)

            class two(State.Compound):
                c = State(initial=True)
                d = State()
                turn = c.to(d) | d.to(c)

        off = State()
        stop = both.to(off)
        resume = off.to(both.one.where)

    events = ["go", "turn", "stop", "resume", "turn", "go", "stop", "resume"] * 3
    together = threading.Barrier(8)
    found = []

    def run():
        together.wait()
        grid = Grid()
        path = []
        for event in events:
            take(grid, event)
            path.append(tuple(state.id for state in grid.configuration))
        found.append(tuple(path))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_state_that_is_not_known_is_an_error_and_leaves_the_chart_usable():
    order = Order()
    order.model.state = "nowhere"
    with pytest.raises(KeyError, match="nowhere"):
        take(order, "refund")
    order.model.state = "paid"
    take(order, "refund")
    assert order.basket.is_active
