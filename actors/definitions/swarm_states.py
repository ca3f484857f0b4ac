"""Reads the states of a Swarm.toml, which name their parents, into a tree."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from .model import StateDefinition, StateKind, Timeout, TransitionDefinition
from .names import nearest
from .places import Path
from .table import Table

WORDS = {
    "final": "terminal",
    "final = true": "terminal = true",
    "transitions": "handlers",
    "timeout": "timeout_target",
}
Parts = dict[tuple[str | int, ...], Path]


class SwarmStates:
    """The states of one workflow.

    Attributes:
        top: those at the top.
        initial: the state at the top that the workflow begins in.
        guards: the guards, with those that handlers ask the opposite of.
    """

    def __init__(
        self, workflow: Table, initial: str, guards: Mapping[str, str], paths: Parts
    ) -> None:
        self.guards = dict(guards)
        self._paths = paths
        self._table = workflow
        self._read: dict[str, StateDefinition] = {}
        self._parallel: set[str] = set()
        parents: dict[str, str] = {}
        for name, table in workflow.named("states", "state"):
            self._state(name, table)
            parents[name] = table.text("parent")
            table.close()
        if not self._read:
            workflow.fault("", f"{_upper(workflow.what)} has no states; give it some.", "states")
        self._children: dict[str, list[str]] = {name: [] for name in self._read}
        top = []
        for name, parent in parents.items():
            if self._is_parent(name, parent, parents):
                self._children[parent].append(name)
            else:
                top.append(name)
        self._first: dict[str, str] = {}
        self.initial = initial
        self._begin_at(initial, parents)
        self.top = tuple(self._tree(name) for name in top)

    def _state(self, name: str, table: Table) -> None:
        paths = self._paths
        paths["state", name] = table.path
        handlers = []
        for number, handler in enumerate(table.listed("handlers", "a handler")):
            handler.what = f"handler {number + 1} of state {name!r}"
            paths["event", name, number] = (*handler.path, "event")
            paths["target", name, number] = (*handler.path, "target")
            paths["guards", name, number] = (*handler.path, "guards")
            handlers.append(self._handler(handler))
        for part, key in (
            ("enter", "entry_actions"),
            ("exit", "exit_actions"),
            ("agents", "agents"),
            ("resources", "required_resources"),
        ):
            paths[part, name] = (*table.path, key)
            for index in range(len(table.texts(key))):
                paths[part, name, index] = (*table.path, key, index)
        kind: StateKind = "final" if table.boolean("terminal") else "state"
        if table.boolean("parallel_execution"):
            self._parallel.add(name)
        self._read[name] = StateDefinition(
            name=name,
            kind=kind,
            description=table.text("description", required=True),
            transitions=tuple(handlers),
            enter=tuple(table.texts("entry_actions")),
            exit=tuple(table.texts("exit_actions")),
            agents=tuple(table.texts("agents")),
            resources=tuple(table.texts("required_resources")),
            timeout=self._timeout(name, table),
        )

    def _handler(self, table: Table) -> TransitionDefinition:
        event = table.text("event", required=True)
        target = table.text("target", required=True)
        guards = table.texts("guards")
        for index, guard in enumerate(guards):
            self._paths[(*self._place(table), index)] = (*table.path, "guards", index)
            if guard.startswith("!") and guard[1:].strip() in self.guards:
                self.guards[guard] = f"!({self.guards[guard[1:].strip()]})"
        table.close()
        return TransitionDefinition((event,), (target,), tuple(guards))

    def _place(self, handler: Table) -> tuple[str | int, ...]:
        path = handler.path
        return ("guards", str(path[-3]), int(path[-1]))

    def _timeout(self, name: str, table: Table) -> Timeout | None:
        seconds = table.number("timeout_seconds", least=1)
        target = table.text("timeout_target")
        self._paths["timeout", name] = (*table.path, "timeout_target")
        if "timeout_seconds" in table and "timeout_target" not in table:
            what = f"{_upper(table.what)} has 'timeout_seconds' and no 'timeout_target'; say where"
            table.fault("timeout_seconds", f"{what} the time-out leads, or remove it.", name)
        elif "timeout_target" in table and "timeout_seconds" not in table:
            what = f"{_upper(table.what)} has 'timeout_target' and no 'timeout_seconds'; say after"
            table.fault("timeout_target", f"{what} how long, or remove it.", name)
        if seconds is None and not target:
            return None
        return Timeout(seconds or 0.0, target or None)

    def _is_parent(self, name: str, parent: str, parents: Mapping[str, str]) -> bool:
        """Tell whether a state stands within its parent; say so if it can't."""
        if not parent:
            return False
        place = self._paths["state", name]
        path = (*place, "parent")
        source = self._table.source
        if parent not in self._read:
            near = nearest(parent, self._read)
            near = near if near.endswith(("?", ".")) else f"{near}."
            what = f"{parent!r}, the parent of state {name!r}, is not a state that there is{near}"
            source.fault(path, what, parent, value=True)
            return False
        if parent == name:
            what = f"State {name!r} is its own parent; name the state around it, or none."
            source.fault(path, what, name, value=True)
            return False
        ring = [name]
        while (outer := parents.get(ring[-1], "")) and outer not in ring:
            ring.append(outer)
        if outer == name:
            chain = " in ".join(map(repr, [*ring, name]))
            what = f"States are each other's parents: {chain}. Let one of them have no parent."
            source.fault(path, what, name, value=True)
        return outer == ""

    def _begin_at(self, initial: str, parents: Mapping[str, str]) -> None:
        """Make the initial state, and those around it, what those around them begin in."""
        name = initial
        while name in self._read and name not in self._first:
            self.initial = name
            outer = next((o for o, inner in self._children.items() if name in inner), "")
            if not outer:
                return
            self._first[outer] = name
            name = outer

    def _tree(self, name: str) -> StateDefinition:
        state = self._read[name]
        children = tuple(self._tree(child) for child in self._children[name])
        if name in self._parallel and len(state.agents) > 1:
            if children:
                what = (
                    f"State {name!r} has 'parallel_execution' with several agents, and is the "
                    f"parent of {children[0].name!r}; have its agents in a state of their own."
                )
                path = (*self._paths["state", name], "parallel_execution")
                self._table.source.fault(path, what, name)
            elif state.kind != "final":
                return self._agents_at_work(state)
        if not children:
            return state
        kind: StateKind = "final" if state.kind == "final" else "compound"
        return replace(
            state, kind=kind, states=children, initial=self._first.get(name, children[0].name)
        )

    def _agents_at_work(self, state: StateDefinition) -> StateDefinition:
        """A region for each agent; when all have done, the state's own handlers can be taken."""
        name = state.name
        regions = []
        for agent in dict.fromkeys(state.agents):
            working, done = f"{name}_{agent}_working", f"{name}_{agent}_done"
            regions.append(
                StateDefinition(
                    name=f"{name}_{agent}",
                    kind="compound",
                    initial=working,
                    agents=(agent,),
                    states=(
                        StateDefinition(
                            working,
                            transitions=(TransitionDefinition((f"{agent}_done",), (done,)),),
                        ),
                        StateDefinition(done, kind="final"),
                    ),
                )
            )
        at_work, joined = f"{name}_agents", f"{name}_joined"
        for number in range(len(state.transitions)):
            for part in ("event", "target", "guards"):
                self._paths[part, joined, number] = self._paths[part, name, number]
        for place, path in list(self._paths.items()):
            if place[:2] == ("guards", name):
                self._paths["guards", joined, *place[2:]] = path
        join = TransitionDefinition((f"done.state.{at_work}",), (joined,))
        for made in (at_work, joined, *(r.name for r in regions)):
            self._paths.setdefault(("state", made), self._paths["state", name])
        return replace(
            state,
            kind="compound",
            initial=at_work,
            transitions=(),
            states=(
                StateDefinition(
                    at_work, kind="parallel", states=tuple(regions), transitions=(join,)
                ),
                StateDefinition(joined, transitions=state.transitions),
            ),
        )


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
