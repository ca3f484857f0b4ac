"""Ready-made workflows, to be configured or subclassed."""

from .saga import Saga, SagaStep

__all__ = ["Saga", "SagaStep"]
