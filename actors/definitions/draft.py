"""A workflow while it is read: its parts, and where in the document each of them stands."""

from __future__ import annotations

from collections.abc import Mapping

from .model import StateDefinition, WorkflowDefinition
from .places import Path
from .source import Source


class Draft:
    """A workflow that has been read and not been checked.

    Attributes:
        source: the document.
        workflow: what has been read; its names may lead nowhere.
        path: where the workflow stands.
        paths: where its parts stand: `("state", name)`, `("event", state, number)` and likewise
            for "target" and "guards" of a state's transition, `("timeout", state)`,
            `("enter", state)`, `("exit", state)`, `("agents", state)`, `("resources", state)`,
            `("guard", name)`, `("initial",)`; lists of names have a number after that.
        words: what the format calls things: "state", "terminal" and the like.
    """

    def __init__(
        self,
        source: Source,
        workflow: WorkflowDefinition,
        path: Path,
        paths: Mapping[tuple[str | int, ...], Path],
        words: Mapping[str, str],
    ) -> None:
        self.source = source
        self.workflow = workflow
        self.path = path
        self.paths = paths
        self.words = words
        self.states: dict[str, StateDefinition] = {}
        self.parents: dict[str, StateDefinition] = {}
        for state in workflow.walk():
            self.states.setdefault(state.name, state)
            for child in state.states:
                self.parents.setdefault(child.name, state)

    def fault(
        self, part: tuple[str | int, ...], what: str, name: str, *, offset: int | None = None
    ) -> None:
        """Note that something is wrong with a part."""
        at = part
        while at not in self.paths and at:
            at = at[:-1]
        path = self.paths.get(at, self.path)
        value = part[0] != "state"
        self.source.fault(path, what, name, value=value, offset=offset or 0)

    def around(self, state: StateDefinition) -> list[StateDefinition]:
        """Return the states around one, from the inside out."""
        found = []
        parent = self.parents.get(state.name)
        while parent is not None:
            found.append(parent)
            parent = self.parents.get(parent.name)
        return found
