"""The compiled engine against the stock one, on charts and events drawn at random.

Stock is asked with its known errors corrected: `lawful_stock` says which.
"""

import asyncio
from inspect import isawaitable

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from repertory.actors.charts.async_engine import CompiledAsyncEngine
from repertory.actors.charts.capture import capture, rehydrate
from repertory.actors.charts.chart import CompiledChart, bare, start, take, take_async
from repertory.actors.charts.engine import CompiledEngine
from statemachine import StateChart
from statemachine.event import BoundEvent
from statemachine.exceptions import InvalidDefinition

from .lawful_stock import LawfulChart
from .random_charts import EVENTS, FLAGS, Endless, build, plain, sketches

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class DropIn(StateChart):
    """A stock chart on our engine."""

    def _get_engine(self):
        return CompiledEngine(self)


steps = st.lists(
    st.tuples(
        st.sampled_from([*EVENTS, "unknown"]),
        st.sampled_from([(), (5,), (5, 6)]),
        st.sampled_from([{}, {"amount": 3}, {"amount": 3, "note": "n"}, {"source": 1}]),
        st.frozensets(st.sampled_from(FLAGS)),
    ),
    max_size=8,
)


def attempt(action, *args, **kwargs):
    try:
        return ("returned", plain_result(action(*args, **kwargs)))
    except Endless:
        assume(False)
    except Exception as error:
        return ("raised", type(error).__name__, str(error))


def plain_result(result):
    return [plain(r) for r in result] if isinstance(result, list) else plain(result)


def seen(chart):
    """All that can be seen of a chart from outside."""
    return {
        "configuration": [(s.id, s.is_active) for s in chart.configuration],
        "value": chart.current_state_value,
        "history": {k: [s.id for s in v] for k, v in chart.history_values.items()},
        "terminated": chart.is_terminated,
        "allowed": [str(event) for event in chart.allowed_events],
        "enabled": attempt(lambda: [str(event) for event in chart.enabled_events()]),
        "log": list(chart.log),
    }


def born(make):
    """A chart that has entered its first states, or the error that it met there."""
    log = []
    try:
        return make(log), log, None
    except InvalidDefinition:
        raise
    except Endless:
        assume(False)
    except Exception as error:
        return None, log, (type(error).__name__, str(error))


def stock_way(cls):
    def make(log):
        cls.log = log
        chart = cls()
        chart.log = log
        return chart

    return make


def short_way(cls):
    def make(log):
        chart = bare(cls, attributes={"log": log})
        start(chart)
        return chart

    return make


def build_or_skip(sketch, base, coroutines=False):
    try:
        return build(sketch, base, coroutines)
    except InvalidDefinition:
        assume(False)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(sketches(), steps)
def test_both_engines_agree_after_each_event(sketch, events):
    stock_class = build_or_skip(sketch, LawfulChart)
    stock, stock_log, stock_error = born(stock_way(stock_class))
    rivals = [
        (*born(stock_way(build(sketch, DropIn))), False),
        (*born(short_way(build(sketch, CompiledChart))), True),
    ]
    for _, log, error, _ in rivals:
        assert (error, log) == (stock_error, stock_log)
    if stock is None:
        return
    for event, args, kwargs, flags in events:
        for log in (stock_log, *[log for _, log, _, _ in rivals]):
            log.clear()
        stock.flags = flags
        expected = attempt(stock.send, event, *args, **kwargs)
        shown = seen(stock)
        for chart, _, _, short in rivals:
            chart.flags = flags
            if short:
                found = attempt(take, chart, event, args, kwargs)
            else:
                found = attempt(chart.send, event, *args, **kwargs)
            assert found == expected
            assert seen(chart) == shown


class StockAsync(LawfulChart):
    """A stock chart whose callbacks are coroutines."""

    def send_later(self, event, **data):
        BoundEvent(event, name=event, _sm=self).put(**data)


class DropInAsync(StockAsync):
    """The same on our engine."""

    def _get_engine(self):
        return (
            CompiledAsyncEngine(self)
            if self._callbacks.has_async_callbacks
            else CompiledEngine(self)
        )


async def attempt_async(action, *args, **kwargs):
    try:
        result = action(*args, **kwargs)
        return ("returned", plain_result(await result if isawaitable(result) else result))
    except Endless:
        raise
    except Exception as error:
        return ("raised", type(error).__name__, str(error))


async def run_async(cls, events, short):
    """What is seen of a chart after its first entry and after each event."""
    cls.log = []
    chart = cls()
    told = [await attempt_async(chart.activate_initial_state)]
    told.append([(s.id, s.is_active) for s in chart.configuration])
    for event, args, kwargs, flags in events:
        chart.flags = flags
        if short:
            told.append(await attempt_async(take_async, chart, event, args, kwargs))
        else:
            told.append(await attempt_async(chart.send, event, *args, **kwargs))
        told.append([(s.id, s.is_active) for s in chart.configuration])
        told.append({k: [s.id for s in v] for k, v in chart.history_values.items()})
    return told, cls.log


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(sketches(), steps)
def test_both_engines_agree_on_coroutines(sketch, events):
    try:
        stock = asyncio.run(run_async(build_or_skip(sketch, StockAsync, True), events, False))
        ours = asyncio.run(run_async(build(sketch, DropInAsync, True), events, False))
        short = asyncio.run(run_async(build(sketch, DropInAsync, True), events, True))
    except Endless:
        assume(False)
    assert ours == stock
    assert short == stock


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(sketches(), steps, steps)
def test_a_rehydrated_chart_goes_on_as_the_live_one(sketch, before, after):
    cls = build_or_skip(sketch, CompiledChart)
    live, log, _ = born(short_way(cls))
    assume(live is not None)
    for event, args, kwargs, flags in before:
        live.flags = flags
        log.clear()
        attempt(take, live, event, args, kwargs)
    untouched = []
    again = rehydrate(cls, capture(live), attributes={"log": untouched, "flags": live.flags})
    assert untouched == []
    assert capture(again).configuration == capture(live).configuration
    for event, args, kwargs, flags in after:
        live.flags = again.flags = flags
        log.clear()
        untouched.clear()
        assert attempt(take, again, event, args, kwargs) == attempt(take, live, event, args, kwargs)
        assert seen(again) == seen(live)
