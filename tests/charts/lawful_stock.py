"""python-statemachine's own engines, with what they get wrong by SCXML put right.

What stock gets wrong is said in `repertory.actors.charts.corrections`, and nowhere else; but for
that, our engine must agree with it. That the corrections are SCXML's is proved against the
interpreter in `appendix_d.py`, which shares nothing with either.
"""

from collections.abc import Iterable
from typing import Any

from repertory.actors.charts.corrections import Corrected
from repertory.actors.charts.order import places
from statemachine import StateChart
from statemachine.engines.async_ import AsyncEngine
from statemachine.engines.sync import SyncEngine
from statemachine.orderedset import OrderedSet


class LawfulSyncEngine(Corrected, SyncEngine):
    def __init__(self, sm: Any) -> None:
        super().__init__(sm)
        self.order = document_order(sm)


class LawfulAsyncEngine(Corrected, AsyncEngine):
    def __init__(self, sm: Any) -> None:
        super().__init__(sm)
        self.order = document_order(sm)


def lawful_engine(chart: Any) -> Any:
    coroutines = chart._callbacks.has_async_callbacks
    return LawfulAsyncEngine(chart) if coroutines else LawfulSyncEngine(chart)


def in_order(chart: Any) -> OrderedSet[Any]:
    """The active states in document order: stock asks them in the order in which it has them."""
    order = document_order(chart)
    return OrderedSet(sorted(chart._config.states, key=lambda state: order[state.value]))


def document_order(chart: Any) -> dict[Any, int]:
    """The place of each state: that of a class that was loaded has been given."""
    given: dict[Any, int] | None = getattr(type(chart), "_document", None)
    return places(chart.states) if given is None else given


def lawful(chart_class: Any, names: Iterable[str] | None = None) -> Any:
    """Have a stock chart class run on a corrected engine of its own.

    Arguments:
        chart_class: the class.
        names: its states in document order, which stock's reader of SCXML loses: it reads the
            parallel states within a state after all others.
    """
    if names is not None:
        chart_class._document = {name: place for place, name in enumerate(names)}
    chart_class._get_engine = lawful_engine
    chart_class.configuration = property(in_order, StateChart.configuration.fset)
    return chart_class


@lawful
class LawfulChart(StateChart):
    """A stock chart on a corrected stock engine."""
