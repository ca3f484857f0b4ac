"""Puts the compiled engines in the place of python-statemachine's own (`-p` plugin)."""

from repertory.actors.charts.engine import CompiledEngine
from statemachine import StateChart
from statemachine.engines.async_ import AsyncEngine


def _get_engine(chart):
    if chart._callbacks.has_async_callbacks:
        return AsyncEngine(chart)
    return CompiledEngine(chart)


StateChart._get_engine = _get_engine
