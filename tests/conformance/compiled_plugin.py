"""Puts the compiled engines in the place of python-statemachine's own (a `-p` plugin)."""

from repertory.actors.charts.async_engine import CompiledAsyncEngine
from repertory.actors.charts.engine import CompiledEngine
from statemachine import StateChart
from statemachine.engines import async_, sync


def _get_engine(chart):
    if chart._callbacks.has_async_callbacks:
        return CompiledAsyncEngine(chart)
    return CompiledEngine(chart)


StateChart._get_engine = _get_engine
# Some tests of the suite name the engine that they want.
sync.SyncEngine = CompiledEngine
async_.AsyncEngine = CompiledAsyncEngine
