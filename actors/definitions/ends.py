"""Which states of a workflow lead to no end: those that nothing leads on from, and their likes."""

from __future__ import annotations

from collections import defaultdict

from .draft import Draft
from .model import StateDefinition


def stuck(draft: Draft, state: StateDefinition) -> str:
    """Return why a state that is active stays so for ever, as a clause, or "" if it does not.

    In a workflow without an end, a state may take its events for ever.
    """
    if state.states or state.kind in ("history", "deep"):
        return ""
    around = draft.around(state)
    if state.kind == "final" and not around:
        return ""
    if any(one.kind == "parallel" for one in around):
        return ""  # another region may leave for it
    if any(_leads_on(draft, state, one) for one in (state, *around)):
        return ""
    ways = [way for one in (state, *around) for way in one.transitions]
    if not ways and state.timeout is None:
        return "nothing leads out of it"
    deadline = draft.workflow.deadline
    if not _has_end(draft) or (deadline is not None and deadline.target):
        return ""
    return "it leads only to itself"


def endless(draft: Draft) -> list[StateDefinition]:
    """Return the states at the top from which no final one can be reached, if there is one."""
    leading: dict[str, list[str]] = defaultdict(list)
    for state in draft.states.values():
        timed = () if state.timeout is None else (state.timeout.target or "",)
        parent = draft.parents.get(state.name)
        for reached in (
            *(target for way in state.transitions for target in way.targets),
            *timed,
            *(child.name for child in state.states),
            *(() if parent is None else (parent.name,)),
        ):
            leading[reached].append(state.name)
    deadline = draft.workflow.deadline
    if not _has_end(draft) or (deadline is not None and deadline.target):
        return []
    ending: set[str] = set()
    following = [state.name for state in draft.states.values() if state.kind == "final"]
    while following:
        name = following.pop()
        if name not in ending:
            ending.add(name)
            following += leading[name]
    return [state for state in draft.workflow.states if state.name not in ending]


def _has_end(draft: Draft) -> bool:
    return any(state.kind == "final" for state in draft.workflow.states)


def _leads_on(draft: Draft, state: StateDefinition, one: StateDefinition) -> bool:
    """Tell whether one of the states around leads to what is not active already."""
    if any(not way.events and not way.targets for way in one.transitions):
        return True  # it has been said what is missing
    targets = [target for way in one.transitions for target in way.targets]
    if one.timeout is not None:
        targets += [] if one.timeout.event else [one.timeout.target or ""]
    return any(_lands(draft, target) != state.name for target in targets)


def _lands(draft: Draft, target: str) -> str:
    """Return the innermost state that is entered by way of another."""
    name = target
    while (inner := draft.states.get(name)) and inner.states and inner.kind != "parallel":
        name = inner.initial or inner.states[0].name
        if name == inner.name:
            break
    return name
