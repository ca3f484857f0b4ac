"""Activities: functions that touch the outside world, run outside the step, at least once."""

from .current import CurrentActivity, as_activity, current_activity
from .declared import activity
from .retry import RetryAfter, RetryPolicy
from .signals import ActivityFailed
from .status import ActivityStatus

__all__ = [
    "ActivityFailed",
    "ActivityStatus",
    "CurrentActivity",
    "RetryAfter",
    "RetryPolicy",
    "activity",
    "as_activity",
    "current_activity",
]
