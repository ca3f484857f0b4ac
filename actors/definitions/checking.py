"""What makes a workflow that has been read no workflow: every such thing, with its place."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ..workflow import Workflow
from .bounds import MOST_STATES, MOST_TRANSITIONS, check_number
from .document_workflow import DocumentWorkflow
from .draft import Draft
from .ends import endless, stuck
from .model import Document, Later, Timeout
from .names import is_event, is_name, nearest
from .reach import reached
from .shapes import CENTURY
from .state_faults import check_state

_TAKEN = frozenset(("context", "history_values", "model", "outbox", "rollback", "workflow_id"))
"""What instances have besides their class's attributes."""


def check_draft(draft: Draft, document: Document) -> None:
    """Note everything that is wrong with a workflow besides its guards.

    Arguments:
        draft: the workflow.
        document: the document that it is in, with its agents and resources.
    """
    number = sum(1 for _ in draft.workflow.walk())
    check_number(draft.source, number, MOST_STATES, "states")
    ways = sum(len(t.events) or 1 for state in draft.workflow.walk() for t in state.transitions)
    check_number(draft.source, ways, MOST_TRANSITIONS, "transitions")
    _names(draft)
    if len(draft.states) < number:
        return  # of two states with one name, each would be taken for the other
    _references(draft, document)
    for state in draft.states.values():
        check_state(draft, state)
    _ways(draft)


def _names(draft: Draft) -> None:
    seen: set[str] = set()
    for state in draft.workflow.walk():
        _name(draft, ("state", state.name), "state", state.name, is_name(state.name))
        if state.name in seen:
            what = f"Two states are called {state.name!r}; give one of them another name."
            draft.fault(("state", state.name), what, state.name)
        seen.add(state.name)
        for number, transition in enumerate(state.transitions):
            for event in transition.events:
                place = ("event", state.name, number)
                if event.startswith("done.state."):
                    ended = event.removeprefix("done.state.")
                    inner = draft.states.get(ended)
                    if inner is None or not inner.states:
                        what = f"{event!r} tells of the end of {ended!r}, which has no states in it"
                        known = [s.name for s in draft.states.values() if s.states]
                        draft.fault(place, f"{what}{_ending(nearest(ended, known))}", event)
                    continue
                _name(draft, place, "event", event, is_event(event))
                if event in draft.states:
                    what = f"{event!r} is a state and an event; give one of them another name."
                    draft.fault(place, what, event)


def _name(draft: Draft, place: tuple[str | int, ...], kind: str, name: str, good: bool) -> None:
    if not name:
        return  # it has been said that it is missing
    if not good:
        also = ", dots" if kind == "event" else ""
        what = (
            f"{name[:60]!r} can't be the name of {'an' if kind == 'event' else 'a'} {kind}: names "
            f"are of letters, digits, '_'{also} and '-', begin with a letter, and have at most 100."
        )
        draft.fault(place, what, name)
    elif hasattr(Workflow, name) or hasattr(DocumentWorkflow, name) or name in _TAKEN:
        what = f"Every workflow has something called {name!r}; call the {kind} otherwise."
        draft.fault(place, what, name)
    elif name.startswith(("done_state_", "done_invoke_", "error_")) and kind == "event":
        what = f"Events that begin like {name!r} are the chart's own; call it otherwise."
        draft.fault(place, what, name)


def _references(draft: Draft, document: Document) -> None:
    workflow, words = draft.workflow, draft.words
    top = {state.name for state in workflow.states}
    if workflow.initial and workflow.initial not in top:
        _unknown(draft, ("initial",), "the initial state", workflow.initial, draft.states)
    _times(draft)
    for state in draft.states.values():
        for number, transition in enumerate(state.transitions):
            of = f"state {state.name!r}"
            place: tuple[str | int, ...]
            for target in transition.targets:
                if target:
                    place = ("target", state.name, number)
                    _unknown(draft, place, f"a target of {of}", target, draft.states)
            for index, guard in enumerate(transition.guards):
                if guard and guard not in workflow.guards:
                    place = ("guards", state.name, number, index)
                    opposite = "!" if guard.startswith("!") else ""
                    guards = [f"{opposite}{one}" for one in workflow.guards if one[:1] != "!"]
                    _unknown(draft, place, f"a guard of {of}", guard, guards)
        if state.timeout is not None and state.timeout.target:
            place = ("timeout", state.name)
            what = f"the {words['timeout']} of state {state.name!r}"
            _unknown(draft, place, what, state.timeout.target, draft.states)
        for kind, named, known in (
            ("agents", state.agents, document.agents),
            ("resources", state.resources, document.resources),
        ):
            for index, name in enumerate(named):
                if name:
                    what = f"one of the {kind} of state {state.name!r}"
                    _unknown(draft, (kind, state.name, index), what, name, known)
        for kind, actions in (("enter", state.enter), ("exit", state.exit)):
            for index, name in enumerate(actions):
                _name_of_action(draft, (kind, state.name, index), name)
        for number, transition in enumerate(state.transitions):
            for index, name in enumerate(transition.actions):
                _name_of_action(draft, ("actions", state.name, number, index), name)


def _times(draft: Draft) -> None:
    """Find times that are up for nothing, or never."""
    for place, one in _timed(draft):
        if one.seconds > CENTURY:
            what = f"{one.seconds:g} seconds are more than a century; give less."
            draft.fault(place, what, str(place[-1]))
    events = {e for s in draft.states.values() for t in s.transitions for e in t.events}
    deadline = draft.workflow.deadline
    if deadline is not None:
        if deadline.target:
            _unknown(draft, ("deadline",), "the deadline's target", deadline.target, draft.states)
        elif deadline.event and deadline.event not in events:
            what = f"{deadline.event!r}, which the deadline sends, is not an event of any state"
            near = _ending(nearest(deadline.event, events))
            draft.fault(("deadline",), f"{what}{near}", deadline.event)
    for name, later in draft.workflow.later.items():
        if later.event and (later.event not in events or later.event.startswith("done.")):
            what = f"{later.event!r}, which is sent for later, is not an event of any state"
            near = _ending(nearest(later.event, events))
            draft.fault(("later", name), f"{what}{near}", later.event)
    for state in draft.states.values():
        timeout = state.timeout
        if timeout is None or not timeout.event:
            continue
        able = [state, *draft.around(state), *state.walk()]
        if any(one.kind == "parallel" for one in able):
            able = list(draft.states.values())  # another region may take it
        taken = {e for one in able for t in one.transitions for e in t.events}
        if timeout.event not in taken:
            what = (
                f"State {state.name!r} takes no event {timeout.event!r}, which its time-out sends"
            )
            ending = _ending(nearest(timeout.event, taken))
            draft.fault(("timeout", state.name), f"{what}{ending}", timeout.event)


def _timed(draft: Draft) -> Iterator[tuple[tuple[str | int, ...], Timeout | Later]]:
    for state in draft.states.values():
        if state.timeout is not None:
            yield ("timeout", state.name), state.timeout
    for name, later in draft.workflow.later.items():
        yield ("later", name), later
    if draft.workflow.deadline is not None:
        yield ("deadline",), draft.workflow.deadline


def _name_of_action(draft: Draft, place: tuple[str | int, ...], name: str) -> None:
    if name and not is_event(name):
        what = (
            f"{name[:60]!r} can't be the name of an action: names are of letters, digits, '_', "
            f"dots and '-', and begin with a letter."
        )
        draft.fault(place, what, name)


def _unknown(
    draft: Draft, place: tuple[str | int, ...], what: str, name: str, known: Collection[str]
) -> None:
    if name not in known:
        kind = {"guards": "guard", "agents": "agent", "resources": "resource"}
        there = kind.get(str(place[0]), "state")
        article = "an" if there == "agent" else "a"
        said = f"{name!r}, {what}, is not {article} {there} that the document has"
        draft.fault(place, f"{said}{_ending(nearest(name, known))}", name)


def _ending(near: str) -> str:
    return near if near.endswith(("?", ".")) else f"{near}."


def _ways(draft: Draft) -> None:
    # Without a beginning nothing is reached, and that has been said.
    entered = reached(draft) if draft.workflow.initial in draft.states else set(draft.states)
    for state in draft.workflow.walk():
        parent = draft.parents.get(state.name)
        place = ("state", state.name)
        if state.name not in entered and (parent is None or parent.name in entered):
            what = (
                f"State {state.name!r} can't be reached from the initial state "
                f"{draft.workflow.initial!r}; lead to it from another state, or remove it."
            )
            draft.fault(place, what, state.name)
        elif why := stuck(draft, state):
            final = draft.words["final = true"]
            what = (
                f"State {state.name!r} is a dead end: {why}, and it is not "
                f"{draft.words['final']}. Add a way out, or `{final}`."
            )
            if state.kind == "final":
                what = (
                    f"State {state.name!r} ends {parent.name if parent else ''!r}, and nothing "
                    f"leads out of that; the workflow would stay there for ever. Give it a way out."
                )
            draft.fault(place, what, state.name)
    if not draft.source.faults:  # what leads nowhere by mistake can be any state's way to the end
        for state in endless(draft):
            what = (
                f"From state {state.name!r} no state can be reached that is "
                f"{draft.words['final']}; lead from it to one, or have none at all that is."
            )
            draft.fault(("state", state.name), what, state.name)
