"""Makes a tree of states that name their parents."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from .model import StateDefinition, StateKind
from .names import nearest
from .places import Path
from .source import Source

_DEEPEST = 20
Parts = Mapping[tuple[str | int, ...], Path]


class Nesting:
    """Which state is in which.

    A compound state begins in the child that it names; else in the one that the workflow's
    initial state is, or is in; else in the first one in the document.

    Attributes:
        children: the names of the states in each, in document order.
    """

    def __init__(
        self,
        source: Source,
        states: Mapping[str, StateDefinition],
        parents: Mapping[str, str],
        paths: Parts,
        key: str,
    ) -> None:
        """Find out, and note what can't be as a fault.

        Arguments:
            source: the document.
            states: the states by name, in document order, with nothing in them.
            parents: the parent that each names; "" for none.
            paths: where each state stands, as `("state", name)`.
            key: what the document calls a parent.
        """
        self._source = source
        self._states = states
        self._paths = paths
        self._key = key
        self.children: dict[str, list[str]] = {name: [] for name in states}
        self.parents: dict[str, str] = {}
        self._top: list[str] = []
        for name, parent in parents.items():
            if self._is_within(name, parent, parents):
                self.children[parent].append(name)
                self.parents[name] = parent
            else:
                self._top.append(name)

    def outermost(self, name: str) -> str:
        """Return the state at the top that a state is in, or is."""
        while name in self.parents:
            name = self.parents[name]
        return name

    def tree(self, initial: str) -> tuple[StateDefinition, ...]:
        """Return the states at the top with all that is in them.

        Arguments:
            initial: the state that the workflow begins in, at any depth.
        """
        first: dict[str, str] = {}
        inner = initial
        while inner in self.parents:
            first[self.parents[inner]] = inner
            inner = self.parents[inner]
        return tuple(self._grown(name, first) for name in self._top)

    def _grown(self, name: str, first: Mapping[str, str]) -> StateDefinition:
        state = self._states[name]
        if state.states:
            return state  # made as a whole
        children = tuple(self._grown(child, first) for child in self.children[name])
        wanted = state.initial
        if wanted and wanted not in self.children[name]:
            near = nearest(wanted, self.children[name])
            near = near if near.endswith(("?", ".")) else f"{near}."
            what = f"{wanted!r}, which state {name!r} begins in, is not a state in it{near}"
            path = self._paths.get(("inner", name), self._paths["state", name])
            self._source.fault(path, what, wanted, value=True)
            wanted = None
        if not children:
            return replace(state, initial=None)
        if state.kind == "parallel":
            return replace(state, states=children, initial=None)
        kind: StateKind = "final" if state.kind == "final" else "compound"
        ordinary = [c.name for c in children if c.kind not in ("history", "deep")]
        begins = wanted or first.get(name) or (ordinary[0] if ordinary else None)
        return replace(state, kind=kind, states=children, initial=begins)

    def _is_within(self, name: str, parent: str, parents: Mapping[str, str]) -> bool:
        if not parent:
            return False
        path = (*self._paths["state", name], self._key)
        if parent not in self._states:
            near = nearest(parent, self._states)
            near = near if near.endswith(("?", ".")) else f"{near}."
            what = f"{parent!r}, the parent of state {name!r}, is not a state that there is{near}"
            self._source.fault(path, what, parent, value=True)
            return False
        if parent == name:
            what = f"State {name!r} is its own parent; name the state around it, or none."
            self._source.fault(path, what, name, value=True)
            return False
        ring = [name]
        within = {name}
        while (outer := parents.get(ring[-1], "")) and outer not in within:
            ring.append(outer)
            within.add(outer)
        if len(ring) > _DEEPEST and not outer:
            what = f"State {name!r} is more than {_DEEPEST} states deep; make it less."
            self._source.fault(path, what, name, value=True)
            return False
        if outer == name:
            chain = " in ".join(map(repr, [*ring, name]))
            what = f"States are each other's parents: {chain}. Let one of them have no parent."
            self._source.fault(path, what, name, value=True)
        return not outer
