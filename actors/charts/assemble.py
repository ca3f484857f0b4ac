"""States and transitions made one by one, for charts that are not written as classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from statemachine import HistoryState
from statemachine.state import State as AnyState
from statemachine.transition import Transition

from .timeout import After, State


def make_state(
    name: str,
    *,
    kind: Literal["state", "final", "compound", "parallel", "history", "deep"] = "state",
    title: str = "",
    initial: bool = False,
    inner: Sequence[AnyState] = (),
    enter: Sequence[str] = (),
    exit: Sequence[str] = (),
    timeout: After | None = None,
) -> AnyState:
    """Return a state with what is within it.

    Arguments:
        name: its id.
        kind: what it is; `history` and `deep` are the kinds of history state.
        title: its name for people; the id by default.
        initial: whether it is what its parent, or the chart, begins in.
        inner: the states within it, made before.
        enter: names of its entry actions.
        exit: names of its exit actions.
        timeout: what happens when it has been active for so long, or None.
    """
    if kind in ("history", "deep"):
        memory = HistoryState(name=title or name, type="deep" if kind == "deep" else "shallow")
        memory._set_id(name)
        return memory
    state = State(
        name=title or name,
        initial=initial,
        final=kind == "final",
        parallel=kind == "parallel",
        states=[one for one in inner if not isinstance(one, HistoryState)],
        history=[one for one in inner if isinstance(one, HistoryState)],
        enter=list(enter) or None,
        exit=list(exit) or None,
        timeout=timeout,
    )
    return state._set_id(name)


def add_transition(
    source: AnyState,
    targets: Sequence[AnyState],
    *,
    events: Sequence[str] = (),
    validators: Sequence[str] = (),
    guards: Sequence[str] = (),
    actions: Sequence[str] = (),
    internal: bool = False,
) -> None:
    """Add a transition to a state, after those that it has.

    Arguments:
        source: the state.
        targets: where it leads; nowhere for one that stays where it is.
        events: ids of its events; none for one that is taken by itself.
        validators: names of what may refuse the event with an error.
        guards: names of what must hold.
        actions: names of what is run, in order.
        internal: whether the source is not left.
    """
    options: dict[str, Any] = {
        "event": " ".join(events) or None,
        "validators": list(validators) or None,
        "cond": list(guards) or None,
        "on": list(actions) or None,
        "internal": internal and bool(targets),
    }
    transition = Transition(source, list(targets), **options)
    source.transitions.add_transitions(transition)
