"""Noticing the step after which something holds of a workflow."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from queue import Full

from ..persistence.errors import UnknownState
from .names import Name, state_name
from .notifications import Committed, Interest
from .runtime import PooledFuture
from .services import Services
from .snapshot import Snapshot, snapshot


def when(
    services: Services,
    workflow_id: str,
    what: Name | Callable[[Snapshot], bool],
    look: Callable[[], Snapshot],
) -> tuple[PooledFuture[Snapshot], Callable[[], None]]:
    """Return a future for the first snapshot that a condition holds for.

    Arguments:
        services: the system's.
        workflow_id: the workflow.
        what: a state that is to be active, or the condition. It is asked of what is durable: now,
            and then after each step.
        look: returns the snapshot of now.

    Returns:
        the future, and what must be called when nobody waits for it any more.

    Raises:
        UnknownState: the workflow's class has no such state.
    """
    met: PooledFuture[Snapshot] = PooledFuture()
    now = look()
    if callable(what) and not isinstance(what, str):
        condition = what
    else:
        workflow = services.workflow_class(now.type)
        state = workflow.state_name(what)
        if state is None:
            raise UnknownState(
                f"Workflow {workflow_id!r} will never be in {state_name(what)!r}: a "
                f"{workflow.workflow_name} has no such state.",
                workflow_id=workflow_id,
                state=state_name(what),
            )
        condition = _is_in(state)

    def check(seen: Snapshot) -> None:
        if met.done:
            return
        try:
            if condition(seen):
                met.set(seen)
        except Full:
            pass  # the other of the two who look was quicker
        except Exception as error:
            with suppress(Full):
                met.set_error(error)

    def told(committed: Committed) -> None:
        position = committed.position
        check(snapshot(position, services.workflow_class(position.record.type)))

    done = services.notifications.subscribe(Interest(workflow_id=workflow_id), told)
    try:
        check(look())
    except BaseException:
        done()
        raise
    return met, done


def _is_in(state: str) -> Callable[[Snapshot], bool]:
    return lambda seen: state in seen.configuration
