"""Gives every chart of the suite what `CompiledChart` gives its own (a `-p` plugin)."""

import compiled_plugin
from repertory.actors.charts.chart import CompiledChart
from statemachine import StateChart

_stock_init = StateChart.__init__


def _init(self, model=None, state_field="state", start_value=None, listeners=None, **kwargs):
    make = _stock_init if self._abstract else CompiledChart.__init__
    make(self, model, state_field, start_value, listeners, **kwargs)


StateChart.__init__ = _init
StateChart._get_engine = compiled_plugin._get_engine
StateChart.state_field = "state"
for name in ("__getattr__", "__getstate__", "__setstate__", "add_listener"):
    setattr(StateChart, name, vars(CompiledChart)[name])
