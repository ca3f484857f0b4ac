"""Which states of a workflow some sequence of events could make active."""

from __future__ import annotations

from .draft import Draft
from .model import StateDefinition


def reached(draft: Draft) -> set[str]:
    """Return the names of the states that can be entered from the beginning."""
    return _Reach(draft).found


class _Reach:
    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._defaulted: set[str] = set()
        self.found: set[str] = set()
        self._pending: list[StateDefinition] = []
        self._enter(draft.workflow.initial)
        deadline = draft.workflow.deadline
        if deadline is not None and deadline.target is not None:
            self._enter(deadline.target)
        while self._pending:
            state = self._pending.pop()
            for transition in state.transitions:
                for target in transition.targets:
                    self._enter(target)
            if state.timeout is not None and state.timeout.target is not None:
                self._enter(state.timeout.target)

    def _enter(self, name: str) -> None:
        """Enter a state, and what is active within it by default."""
        following = [name]
        while following:
            state = self._draft.states.get(following.pop())
            if state is None or state.name in self._defaulted:
                continue
            self._defaulted.add(state.name)
            following += self._activate(state)
            if state.kind == "parallel":
                following += [child.name for child in state.states]
            elif state.states:
                following.append(state.initial or state.states[0].name)

    def _activate(self, state: StateDefinition) -> list[str]:
        """Make a state active with all around it; return what comes with those by default."""
        regions: list[str] = []
        chain = {one.name: one for one in (state, *self._draft.around(state))}
        for one in chain.values():
            if one.name not in self.found:
                self.found.add(one.name)
                self._pending.append(one)
            if one.kind == "parallel":
                # Whoever comes into one region from outside comes into the others by default.
                names = (region.name for region in one.states if region.name not in chain)
                regions += [name for name in names if name not in self._defaulted]
        return regions
