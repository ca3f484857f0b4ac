"""Noticing the step after which something holds of a workflow."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from queue import Full

from ..persistence.errors import UnknownState
from .names import Name, state_names
from .notifications import Committed, Interest
from .runtime import PooledFuture
from .services import Services
from .snapshot import Snapshot, snapshot


def when(
    services: Services,
    workflow_id: str,
    what: Name | Callable[[Snapshot], bool],
    look: Callable[[], Snapshot],
    every: float | None = None,
) -> tuple[PooledFuture[Snapshot], Callable[[], None]]:
    """Return a future for the first snapshot that a condition holds for.

    Arguments:
        services: the system's.
        workflow_id: the workflow.
        what: a state that is to be active, several with "+" between them, or the
            condition. It is asked of what is durable: now, and then after each step.
        look: returns the snapshot of now.
        every: seconds between two looks, where the steps are another process's and nobody tells of
            them; None: they are told.

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
        name = workflow.state_name(what)
        states = state_names(what) if name is None else (name,)
        for state in states:
            if workflow.state_name(state) is None:
                raise UnknownState(
                    f"Workflow {workflow_id!r} will never be in {state!r}: "
                    f"{workflow.workflow_name} has no such state.",
                    workflow_id=workflow_id,
                    state=state,
                )
        condition = _is_in(states)

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
    if every is None:
        return met, done
    done()
    return met, _look_again(services, check, look, met, every)


def _look_again(
    services: Services,
    check: Callable[[Snapshot], None],
    look: Callable[[], Snapshot],
    met: PooledFuture[Snapshot],
    every: float,
) -> Callable[[], None]:
    """Check what is there time and again; return what ends that."""
    ended = False

    def again() -> None:
        if ended or met.done:
            return
        try:
            check(look())
        except Exception as error:
            with suppress(Full):
                met.set_error(error)
        else:
            later()

    def later() -> None:
        with suppress(RuntimeError):  # the system is being closed
            services.runtime.clock.call_later(every, again)

    def end() -> None:
        nonlocal ended
        ended = True

    later()
    return end


def _is_in(states: tuple[str, ...]) -> Callable[[Snapshot], bool]:
    return lambda seen: set(states).issubset(seen.configuration)
