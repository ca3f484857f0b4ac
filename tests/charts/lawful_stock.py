"""python-statemachine's own engines, with what they get wrong by SCXML put right.

What stock gets wrong is said in `repertory.actors.charts.corrections`, and nowhere else; but for
that, our engine must agree with it. That the corrections are SCXML's is proved against the
interpreter in `appendix_d.py`, which shares nothing with either.
"""

from repertory.actors.charts.corrections import Corrected
from repertory.actors.charts.order import places
from statemachine import StateChart
from statemachine.engines.async_ import AsyncEngine
from statemachine.engines.sync import SyncEngine
from statemachine.orderedset import OrderedSet


class LawfulSyncEngine(Corrected, SyncEngine):
    def __init__(self, sm):
        super().__init__(sm)
        self.order = places(sm.states)


class LawfulAsyncEngine(Corrected, AsyncEngine):
    def __init__(self, sm):
        super().__init__(sm)
        self.order = places(sm.states)


class LawfulChart(StateChart):
    """A stock chart on a corrected stock engine, which finds the active states in order."""

    def _get_engine(self):
        coroutines = self._callbacks.has_async_callbacks
        return LawfulAsyncEngine(self) if coroutines else LawfulSyncEngine(self)

    @property
    def configuration(self):
        order = places(self.states)
        return OrderedSet(sorted(super().configuration, key=lambda state: order[state.value]))

    @configuration.setter
    def configuration(self, states):
        StateChart.configuration.fset(self, states)
