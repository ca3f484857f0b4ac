"""What is wrong with one state: what its kind does not allow, and ways that can't be taken."""

from __future__ import annotations

from itertools import zip_longest

from .draft import Draft
from .model import StateDefinition


def check_state(draft: Draft, state: StateDefinition) -> None:
    """Note what is wrong with a state, whatever leads to it."""
    _shape(draft, state)
    _order(draft, state)
    _inside(draft, state)
    _together(draft, state)


def _shape(draft: Draft, state: StateDefinition) -> None:
    place = ("state", state.name)
    if state.kind == "final":
        final = draft.words["final"]
        if state.transitions:
            events = sorted({e for t in state.transitions for e in t.events})
            ways = f"{draft.words['transitions']} ({', '.join(events) or 'without an event'})"
            what = (
                f"State {state.name!r} is {final} and has {ways}: the workflow ends there, so they "
                f"could never be taken. Remove `{draft.words['final = true']}` from it if the "
                f"workflow goes on, or else its {draft.words['transitions']}."
            )
            draft.fault(("event", state.name, 0), what, state.name)
        if state.timeout is not None:
            what = f"State {state.name!r} is {final}, so its {draft.words['timeout']} never comes."
            draft.fault(("timeout", state.name), f"{what} Remove one of the two.", state.name)
        if state.states:
            what = f"State {state.name!r} is {final} and has states within it; remove one of both."
            draft.fault(place, what, state.name)
    elif state.kind in ("history", "deep"):
        _history(draft, state)
    elif state.kind == "parallel" and len(state.states) < 2:
        what = f"State {state.name!r} is parallel, and has fewer than two states within it."
        draft.fault(place, f"{what} Make it an ordinary one, or give it another.", state.name)


def _order(draft: Draft, state: StateDefinition) -> None:
    """Find what can't be taken because something before it always is."""
    always: dict[str, int] = {}
    for number, transition in enumerate(state.transitions):
        if "" in transition.events:
            continue  # it has been said that it is missing
        for event in transition.events or ("",):
            if event in always:
                to = ", ".join(map(repr, transition.targets)) or "no state"
                what = (
                    f"In state {state.name!r}, the way to {to} by {event or 'no event'!r} is never "
                    f"taken: one before it is for the same event and has no guard. Give that one a "
                    f"guard, or put this one first."
                )
                draft.fault(("event", state.name, number), what, state.name)
            elif not transition.guards:
                always[event] = number


def _inside(draft: Draft, state: StateDefinition) -> None:
    """Find ways that are said to stay in a state and lead out of it."""
    within = {one.name for one in state.walk()} - {state.name}
    for number, transition in enumerate(state.transitions):
        out = [name for name in transition.targets if name not in within and name in draft.states]
        if transition.internal and out:
            what = (
                f"A way of state {state.name!r} is to stay inside it, and {out[0]!r} is not in it; "
                f"lead to a state in it, or let it be left."
            )
            draft.fault(("target", state.name, number), what, out[0])


def _together(draft: Draft, state: StateDefinition) -> None:
    """Find ways that lead to several states of which only one can be active."""
    for number, transition in enumerate(state.transitions):
        ways: dict[str, str] = {}  # by what is around: through which of its children, to where
        for target in transition.targets:
            chain = [draft.states[target]] if target in draft.states else []
            chain += draft.around(chain[0]) if chain else []
            for inner, outer in zip_longest(chain, chain[1:]):
                around = "" if outer is None else outer.name
                other = ways.setdefault(around, inner.name)
                if other != inner.name and (outer is None or outer.kind != "parallel"):
                    what = (
                        f"A way of state {state.name!r} leads to {other!r} and to {inner.name!r} "
                        f"at once, which are not regions of a parallel state; name one of them."
                    )
                    draft.fault(("target", state.name, number), what, inner.name)


def _history(draft: Draft, state: StateDefinition) -> None:
    """Find what a history state has and never does: it leads on, and is not active itself."""
    for number, transition in enumerate(state.transitions):
        if not transition.targets:
            what = (
                f"State {state.name!r} is a history state, and its way leads nowhere; name the "
                f"state that is entered when there is nothing to remember."
            )
            draft.fault(("target", state.name, number), what, state.name)
    for has, part in (
        (state.enter, "enter"),
        (state.exit, "exit"),
        (state.timeout, "timeout"),
        (state.agents, "agents"),
        (state.resources, "resources"),
        (state.states, "state"),
        (any(transition.events for transition in state.transitions), "event"),
    ):
        if has:
            place = (part, state.name, 0) if part == "event" else (part, state.name)
            called = {
                "event": "events",
                "timeout": f"a time-out ({draft.words['timeout']})",
                "state": "states within it",
                "enter": "entry actions",
                "exit": "exit actions",
            }.get(part, part)
            what = (
                f"State {state.name!r} is a history state and has {called}, for which it would "
                f"have to be active, and it never is; remove them."
            )
            draft.fault(place, what, state.name)
