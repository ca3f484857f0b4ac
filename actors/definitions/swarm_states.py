"""Reads the states of a Swarm.toml, which name their parents, into a tree."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from .bounds import MOST_STATES, check_number
from .model import StateDefinition, Timeout, TransitionDefinition
from .nesting import Nesting
from .places import Path
from .table import Table

WORDS = {
    "final": "terminal",
    "final = true": "terminal = true",
    "transitions": "handlers",
    "timeout": "timeout_target",
}
_DOINGS = ("working", "done")
_LATE = "Not finished within completion_timeout_seconds"
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
            check_number(workflow.source, len(parents) + 1, MOST_STATES, "states")
            self._state(name, table)
            parents[name] = table.text("parent")
            table.close()
        if not self._read:
            workflow.fault("", f"{_upper(workflow.what)} has no states; give it some.", "states")
        grown: dict[str, StateDefinition] = {}
        inner = set(parents.values())
        for name, state in self._read.items():
            several = name in self._parallel and len(state.agents) > 1 and state.kind != "final"
            if several and self._can_not_be_joined(state):
                grown[name] = state
                continue
            if several and name in inner:
                what = (
                    f"State {name!r} has 'parallel_execution' with several agents, and is a "
                    f"parent; have its agents in a state of their own."
                )
                path = (*paths["state", name], "parallel_execution")
                workflow.source.fault(path, what, name)
            grown[name] = self._agents_at_work(state) if several and name not in inner else state
        nesting = Nesting(workflow.source, grown, parents, paths, "parent")
        self.top = nesting.tree(initial)
        self.initial = nesting.outermost(initial)

    def late(self) -> str:
        """Return the state for workflows that have run out of time, made if there is none."""
        for state in self.top:
            if state.kind == "final" and state.name.replace("_", "").casefold() == "timedout":
                return state.name
        name = "timed_out"
        while name in self._read:
            name += "_"
        self._paths["state", name] = self._table.path
        made = StateDefinition(name, kind="final", title="timed out", description=_LATE)
        self.top = (*self.top, made)
        return name

    def _state(self, name: str, table: Table) -> None:
        paths = self._paths
        paths["state", name] = table.path
        handlers = []
        for number, handler in enumerate(table.listed("handlers", "a handler")):
            handler.what = f"handler {number + 1} of state {name!r}"
            paths["event", name, number] = (*handler.path, "event")
            paths["target", name, number] = (*handler.path, "target")
            paths["guards", name, number] = (*handler.path, "guards")
            handlers.append(self._handler(name, number, handler))
        named: dict[str, tuple[str, ...]] = {}
        for part, key in (
            ("enter", "entry_actions"),
            ("exit", "exit_actions"),
            ("agents", "agents"),
            ("resources", "required_resources"),
        ):
            named[part] = tuple(table.texts(key))
            if named[part]:
                paths[part, name] = (*table.path, key)
                for index in range(len(named[part])):
                    paths[part, name, index] = (*table.path, key, index)
        if table.boolean("parallel_execution"):
            self._parallel.add(name)
        self._read[name] = StateDefinition(
            name=name,
            kind="final" if table.boolean("terminal") else "state",
            description=table.text("description"),
            transitions=tuple(handlers),
            timeout=self._timeout(name, table),
            enter=named["enter"],
            exit=named["exit"],
            agents=named["agents"],
            resources=named["resources"],
        )

    def _handler(self, state: str, number: int, table: Table) -> TransitionDefinition:
        event = table.text("event")
        target = table.text("target")
        guards = table.texts("guards")
        for index, guard in enumerate(guards):
            self._paths["guards", state, number, index] = (*table.path, "guards", index)
            if guard.startswith("!") and guard[1:].strip() in self.guards:
                self.guards[guard] = f"!({self.guards[guard[1:].strip()]})"
        table.close()
        return TransitionDefinition((event,), (target,), tuple(guards))

    def _timeout(self, name: str, table: Table) -> Timeout | None:
        seconds = table.number("timeout_seconds")
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

    def _can_not_be_joined(self, state: StateDefinition) -> bool:
        """Note what keeps the agents of a state from having a region each."""
        twice = {name for name in state.agents if name and state.agents.count(name) > 1}
        for name in sorted(twice):
            index = len(state.agents) - 1 - state.agents[::-1].index(name)
            what = (
                f"Agent {name!r} is named twice in state {state.name!r}, whose agents have a "
                f"region each; name it once, or give the second one another name under [agents]."
            )
            self._table.source.fault(
                self._paths["agents", state.name, index], what, name, value=True
            )
        made = [f"{state.name}_{part}" for part in ("agents", "joined", *state.agents)]
        made += [f"{state.name}_{agent}_{part}" for agent in state.agents for part in _DOINGS]
        taken = sorted(self._read.keys() & set(made))
        for name in taken:
            what = (
                f"State {name!r} has the name of one that 'parallel_execution' makes of state "
                f"{state.name!r}; give it another name."
            )
            self._table.source.fault(self._paths["state", name], what, name)
        return bool(twice or taken)

    def _agents_at_work(self, state: StateDefinition) -> StateDefinition:
        """A region for each agent; when all have done, the state's own handlers can be taken."""
        name = state.name
        regions = []
        for agent in dict.fromkeys(state.agents):
            working, done = (f"{name}_{agent}_{doing}" for doing in _DOINGS)
            regions.append(
                StateDefinition(
                    name=f"{name}_{agent}",
                    title=agent,
                    kind="compound",
                    initial=working,
                    agents=(agent,),
                    states=(
                        StateDefinition(
                            working,
                            title="working",
                            transitions=(TransitionDefinition((f"{agent}_done",), (done,)),),
                        ),
                        StateDefinition(done, kind="final", title="done"),
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
                    at_work,
                    kind="parallel",
                    title="agents at work",
                    states=tuple(regions),
                    transitions=(join,),
                ),
                StateDefinition(joined, title="joined", transitions=state.transitions),
            ),
        )


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
