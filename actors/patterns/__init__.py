"""Ready-made workflows, to be configured or subclassed."""

from .approval import Approval, Approver
from .fan_out import FanOut
from .human_task import HumanTask
from .map_reduce import MapReduce
from .pipeline import Pipeline
from .poll_until import PollUntil
from .rate_limited_queue import RateLimitedQueue
from .retry import Retry
from .saga import Saga, SagaStep

__all__ = [
    "Approval",
    "Approver",
    "FanOut",
    "HumanTask",
    "MapReduce",
    "Pipeline",
    "PollUntil",
    "RateLimitedQueue",
    "Retry",
    "Saga",
    "SagaStep",
]
