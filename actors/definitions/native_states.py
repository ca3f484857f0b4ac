"""Reads the states of the short form, which name the state that they are in, into a tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .bounds import MOST_STATES, check_number
from .model import StateDefinition, StateKind, Timeout, TransitionDefinition
from .names import is_name
from .native_keys import WAY
from .nesting import Nesting
from .places import Path
from .table import Table

WORDS = {
    "final": "final",
    "final = true": "final = true",
    "transitions": "transitions",
    "timeout": "'after'",
}
_WHERE = ("to", "send")
Parts = dict[tuple[str | int, ...], Path]


class NativeStates:
    """The states of the workflow.

    Attributes:
        top: those at the top.
        initial: the state at the top that the workflow begins in.
        guards: the guards, with the expressions that transitions have themselves.
    """

    def __init__(self, root: Table, initial: str, guards: Mapping[str, str], paths: Parts) -> None:
        self.guards = dict(guards)
        self._named = frozenset(guards)
        self._alone = frozenset(("true", "false", *guards))
        self._paths = paths
        read: dict[str, StateDefinition] = {}
        parents: dict[str, str] = {}
        for name, table in root.named("states", "state"):
            check_number(root.source, len(parents) + 1, MOST_STATES, "states")
            paths["state", name] = table.path
            parents[name] = table.text("in")
            read[name] = self._state(name, table)
            table.close()
        if not read:
            root.fault("", "The workflow has no states; give it some.", "states")
        nesting = Nesting(root.source, read, parents, paths, "in")
        begin = initial or next(iter(read), "")
        self.top = nesting.tree(begin)
        self.initial = nesting.outermost(begin)

    def _state(self, name: str, table: Table) -> StateDefinition:
        transitions: list[TransitionDefinition] = []
        on = table.table("on", f"'on' of state {name!r}")
        for event in on:
            transitions += self._ways(name, on, event, (event,), len(transitions))
        if "done" in table:
            events = (f"done.state.{name}",)
            transitions += self._ways(name, table, "done", events, len(transitions))
        if "always" in table:
            transitions += self._ways(name, table, "always", (), len(transitions))
        for part, key in (
            ("enter", "enter"),
            ("exit", "exit"),
            ("agents", "agents"),
            ("resources", "resources"),
        ):
            self._paths[part, name] = (*table.path, key)
        timeout = read_after(table, "after", f"state {name!r}")
        key = "send" if timeout is not None and timeout.event else "to"
        self._paths["timeout", name] = (*table.path, "after", key)
        initial = table.text("initial")
        self._paths["inner", name] = (*table.path, "initial")
        return StateDefinition(
            name=name,
            kind=self._kind(name, table),
            description=table.text("description"),
            initial=initial or None,
            transitions=tuple(transitions),
            enter=table.names("enter"),
            exit=table.names("exit"),
            agents=table.names("agents"),
            resources=table.names("resources"),
            timeout=timeout,
        )

    def _kind(self, name: str, table: Table) -> StateKind:
        final, parallel = table.boolean("final"), table.boolean("parallel")
        history = table.choice("history", name)
        if final + parallel + bool(history) > 1:
            what = f"State {name!r} can be only one of final, parallel and history."
            table.fault("", what, name)
        if history:
            return "deep" if history == "deep" else "history"
        return "final" if final else "parallel" if parallel else "state"

    def _ways(
        self, state: str, table: Table, key: str, events: tuple[str, ...], first: int
    ) -> list[TransitionDefinition]:
        """A target, a table, or a list of tables of which the first whose guard holds is taken."""
        given: Any = table.raw(key)
        ways = given if isinstance(given, list) else [given]
        if isinstance(given, list) and not given:
            table.fault(key, f"{key!r} of state {state!r} has no ways; give it one.", key)
        found = []
        for index, way in enumerate(ways):
            path = (*table.path, key, index) if isinstance(given, list) else (*table.path, key)
            number = first + index
            self._paths["event", state, number] = path
            if isinstance(way, str):
                self._paths["target", state, number] = path
                if not way.strip():
                    what = f"{key!r} of state {state!r} leads to no state; name one."
                    table.source.fault(path, what, key, value=True)
                found.append(TransitionDefinition(events, (way.strip(),)))
            elif isinstance(way, dict):
                inner = Table(table.source, path, way, f"{key!r} of state {state!r}", WAY)
                found.append(self._way(state, inner, events, number))
            else:
                what = f"{key!r} of state {state!r} must be a state, or a table with 'to'."
                table.source.fault(path, what, key, value=True)
        return found

    def _way(
        self, state: str, table: Table, events: tuple[str, ...], number: int
    ) -> TransitionDefinition:
        paths = self._paths
        paths["target", state, number] = (*table.path, "to")
        targets = table.names("to")
        guards = []
        for index, guard in enumerate(table.names("if")):
            path = (*table.path, "if")
            path = (*path, index) if isinstance(table.raw("if"), list) else path
            paths["guards", state, number, index] = path
            guards.append(self._guard(guard, path))
        paths["actions", state, number] = (*table.path, "do")
        actions = table.names("do")
        inside = table.boolean("inside")
        table.close()
        if not targets and not actions:
            table.fault("", f"{table.what} does nothing; give it 'to' or 'do'.", state)
        if inside and set(targets) == {state}:
            targets = ()  # a state that is led to itself without being left is left alone
        return TransitionDefinition(
            events, targets, tuple(guards), actions, inside and bool(targets)
        )

    def _guard(self, text: str, path: Path) -> str:
        """A guard's name, or an expression, which is its own name."""
        opposite = text[1:].strip() if text.startswith("!") else ""
        if text in self._named or not text:
            return text
        if is_name(opposite or text) and {opposite, text}.isdisjoint(self._alone):
            return text  # alone it is no expression: a guard's name that is misspelt
        if opposite in self._named:
            self.guards[text] = f"!({self.guards[opposite]})"
        else:
            self.guards[text] = text
        self._paths.setdefault(("guard", text), path)
        return text


_ENDS = ("to", "send")


def read_after(table: Table, key: str, what: str) -> Timeout | None:
    """Read after how many seconds what happens, or None when nothing is said of it."""
    table.raw(key)
    if key not in table:
        return None
    given: Any = table.raw(key)
    if not isinstance(given, dict):
        said = f'{key!r} of {what} must be a table, as in {{ seconds = 60, to = "a state" }}.'
        table.fault(key, said, key, value=True)
        # What it leads to is not to be called unreachable besides.
        first: Any = given[0] if isinstance(given, list) and given else None
        ends = first if isinstance(first, dict) else {}
        to, send = (ends[name] if isinstance(ends.get(name), str) else None for name in _ENDS)
        return Timeout(0.0, to, None if to else send)
    after = table.table(key, f"{key!r} of {what}")
    seconds = after.number("seconds")
    target, event = after.text("to"), after.text("send")
    after.close()
    if "seconds" not in after:
        after.fault("", f"{key!r} of {what} says not after how many seconds; give 'seconds'.", key)
    told = any(after.raw(one) is not None and not isinstance(after.raw(one), str) for one in _WHERE)
    if bool(target) == bool(event) and not told:
        after.fault("", f"{key!r} of {what} needs 'to' or 'send': a state or an event.", key)
    return Timeout(seconds or 0.0, target or None, None if target else event or None)
