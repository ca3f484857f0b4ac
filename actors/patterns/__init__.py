"""Ready-made workflows, to be configured or subclassed."""

from .fan_out import FanOut
from .map_reduce import MapReduce
from .pipeline import Pipeline
from .saga import Saga, SagaStep

__all__ = ["FanOut", "MapReduce", "Pipeline", "Saga", "SagaStep"]
