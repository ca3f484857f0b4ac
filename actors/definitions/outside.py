"""Actions that are activities: run outside the step, tried again as the document says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import Any

from ...persistence.errors import UnknownActivity
from ..activities import RetryPolicy
from ..activities.declared import activity_of
from .model import Retry


def retry_policy(retry: Retry) -> RetryPolicy:
    """Return the policy that a document's retry is: that often, and that long in between."""
    return RetryPolicy(attempts=retry.limit + 1, first=retry.backoff, factor=1.0)


def is_activity(function: Any) -> bool:
    """Tell whether a function is declared with `@activity`."""
    try:
        activity_of(function)
    except (UnknownActivity, TypeError):
        return False
    return True


def starting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the action that starts an activity.

    Its parameters are taken from the event's data, and from the context where that has no such
    field. If the workflow has events called after the action, `…_done` brings its `result`, and
    `…_failed` its `error`.

    Arguments:
        name: the action's name.
        function: the activity's function.
    """
    kinds = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    wanted = [p.name for p in signature(function).parameters.values() if p.kind in kinds]

    def start(self: Any, **given: Any) -> None:
        values = {key: given[key] for key in wanted if key in given}
        for key in wanted:
            if key not in values and _has(self.context, key):
                values[key] = _get(self.context, key)
        done, failed = f"{name}_done", f"{name}_failed"
        public = self.public_events()
        self.start_activity(
            function,
            name=name,
            done=done if done in public else None,
            failed=failed if failed in public else None,
            **values,
        )

    start.__qualname__ = f"start {name}"
    return start


def _has(context: Any, name: str) -> bool:
    return name in context if isinstance(context, Mapping) else hasattr(context, name)


def _get(context: Any, name: str) -> Any:
    return context[name] if isinstance(context, Mapping) else getattr(context, name)
