"""Names of states and events to look for: one that nothing has is refused, not answered with none.

What is known of a class is what its imported class says, and what the store has kept of its
definitions, older versions among them. Of a class that is in a store of old, which has kept none,
nothing is known, and nothing is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from ..persistence.errors import UnknownEvent, UnknownState, UnknownWorkflow
from .fingerprint import states_in
from .known import known_classes
from .services import Services
from .uneventful import ROLLBACK
from .workflow import Workflow


def stored_name(workflow: type[Workflow] | str | None) -> str | None:
    """Return the name that a class is stored under; of a name, itself."""
    if workflow is None or isinstance(workflow, str):
        return workflow
    return workflow.workflow_name


def check_class(services: Services, workflow: type[Workflow] | str | None) -> None:
    """Refuse the name of a class that is neither imported nor in the store.

    Raises:
        UnknownWorkflow: it is neither; says which one is like it.
    """
    store = services.store
    if not isinstance(workflow, str) or known_classes(workflow):
        return
    kept = {name for name, _ in store.definitions()}
    if workflow not in kept and not store.list(type=workflow, limit=1):
        known = kept | {one.workflow_name for one in known_classes()}
        raise UnknownWorkflow(
            f"No workflow class called {workflow!r} is imported or in the store"
            f"{_nearest(workflow, known, kept)}",
            name=workflow,
        )


def check_states(
    services: Services, workflow: type[Workflow] | str | None, states: Iterable[str]
) -> None:
    """Refuse states that no workflow can be in.

    Arguments:
        services: the system's.
        workflow: the class that is looked for, or the name it is stored under; None for any.
        states: the states' ids.

    Raises:
        UnknownState: the class has no such state; or no class has.
    """
    if not states:
        return
    kept = _kept(services, workflow)
    stored = {name for names in kept.values() for name in names}
    known = set(stored)
    for one in _classes(workflow):
        known |= one._names
        if one.workflow_name in kept:
            stored |= one._names
    for state in states:
        if known and state not in known:
            raise UnknownState(
                f"{_who(workflow)} has a state {state!r}{_nearest(state, known, stored)}",
                workflow_id="",
                state=state,
            )


def check_event(
    services: Services,
    workflow: type[Workflow] | str | None,
    event: str,
    *,
    sent: bool,
) -> None:
    """Refuse an event that no workflow takes.

    Arguments:
        services: the system's.
        workflow: the class that is looked for, or the name it is stored under; None for any.
        event: the event's id.
        sent: whether it is to be sent; else it may also be one that a workflow gives itself.

    Raises:
        UnknownEvent: the class has no such event; or no class has.
    """
    classes = _classes(workflow)
    imported = {one.workflow_name for one in classes}
    if not classes or not imported.issuperset(_kept(services, workflow)):
        return
    known = {name for one in classes for name in one.public_events()}
    if not sent:
        if event == ROLLBACK or event.startswith("__"):
            return
        known.update(name for one in classes for name in one._all_events)
    if event not in known:
        raise UnknownEvent(
            f"{_who(workflow)} has an event {event!r}{_nearest(event, known)}",
            workflow_id="",
            event=event,
        )


def _classes(workflow: type[Workflow] | str | None) -> list[type[Workflow]]:
    if workflow is None or isinstance(workflow, str):
        return known_classes(workflow)
    return [workflow]


def _kept(services: Services, workflow: type[Workflow] | str | None) -> dict[str, set[str]]:
    """The states of the definitions that the store has, by the names of their classes."""
    found: dict[str, set[str]] = {}
    wanted = stored_name(workflow)
    for (name, _), definition in services.store.definitions().items():
        if wanted in (None, name):
            found.setdefault(name, set()).update(states_in(definition))
    return found


def _who(workflow: type[Workflow] | str | None) -> str:
    return "No workflow's class" if workflow is None else f"No {stored_name(workflow)}"


def _nearest(name: str, known: Iterable[str], stored: Iterable[str] = ()) -> str:
    """Return how the sentence ends: with the name that was meant, or those that are stored."""
    near = get_close_matches(name, sorted(known), n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    there = sorted(stored) or sorted(known)
    return f"; there are {', '.join(map(repr, there[:20]))}." if there else "."
