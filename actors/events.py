"""What those hear who subscribe: to committed steps, or to what happens in a system."""

from .durable_subscription import SubscriptionFailed, SubscriptionGap
from .messages import EventFailed, StoreFailed
from .notifications import Committed
from .passivation import WorkflowActivated, WorkflowPassivated
from .quarantine import WorkflowQuarantined

__all__ = [
    "Committed",
    "EventFailed",
    "StoreFailed",
    "SubscriptionFailed",
    "SubscriptionGap",
    "WorkflowActivated",
    "WorkflowPassivated",
    "WorkflowQuarantined",
]
