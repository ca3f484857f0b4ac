"""Reads the JSON of a machine of XState v5."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec.structs import replace

from ..draft import Draft
from ..model import Document, StateDefinition, StateKind, Timeout, TransitionDefinition
from ..source import Source
from ..table import Table
from .documents import DEEPEST, check_number
from .extras import STATE, Extras, read_extras, state_extras
from .foreign import Places, finish, good_name, known, nested_initial, not_carried, timed
from .xstate_parts import (
    Keys,
    fields_of,
    guards_of,
    in_order_of,
    listed_of,
    number_of,
    path_of,
    raised_of,
    text_of,
    with_way,
)
from .xstate_writer import stays

_STATE = (
    *("id", "key", "type", "initial", "states", "on", "always", "after", "onDone", "entry", "exit"),
    *("history", "target", "description", "meta", "tags", "order", "transitions", "version"),
)
_WAY = ["target", "guard", "actions", "reenter", "meta", "description", "source", "eventType"]


def is_xstate(data: Any) -> bool:
    """Tell whether JSON looks like a machine."""
    return isinstance(data.get("states"), dict)


def read_xstate(source: Source) -> tuple[Document, list[Draft]]:
    """Read a machine, noting what is wrong with it, or does not carry over, as its faults."""
    return _Reader(source).read()


class _Reader:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._root: dict[str, Any] = source.data
        self._nodes: dict[Keys, dict[str, Any]] = {}
        self._ids: dict[str, Keys] = {}
        self._names: dict[Keys, str] = {}
        self._within: dict[Keys, set[str]] = {}
        self._paths: Places = {}
        self._machine = text_of(self._root.get("id")) or "workflow"
        self._collect((), self._root)
        counted = Counter(keys[-1] for keys in self._nodes if keys)
        taken: set[str] = set()
        for keys, node in self._nodes.items():
            if keys:
                own = good_name(keys[-1])
                candidates = [own] if counted[keys[-1]] == 1 else []
                candidates += [good_name(text_of(node.get("id"))), good_name("_".join(keys))]
                numbered = (f"{own}_{n}" for n in range(2, len(self._nodes) + 3))
                name = next(c for c in (*candidates, *numbered) if c and c not in taken)
                taken.add(name)
                self._names[keys] = name
                self._paths["state", name] = path_of(keys)
        self._all = set(self._names.values())
        for keys in self._names:
            self._within[keys] = set()
        for keys, name in self._names.items():
            for depth in range(1, len(keys) + 1):
                self._within[keys[:depth]].add(name)

    def _collect(self, keys: Keys, node: Any) -> None:
        if len(keys) > DEEPEST:
            self._fault(
                keys, f"State {keys[-1]!r} is more than {DEEPEST} states deep; make it less"
            )
            return
        if not isinstance(node, dict):
            self._fault(keys, f"State {keys[-1]!r} must be an object")
            node = {}
        self._nodes[keys] = node
        check_number(self._source, len(self._nodes))
        custom = text_of(node.get("id"))
        self._ids.setdefault(custom or ".".join((self._machine, *keys)), keys)
        inner = node.get("states") or {}
        if not isinstance(inner, dict):
            self._fault((*keys, "states"), "'states' must be an object")
            return
        for key, child in inner.items():
            self._collect((*keys, key), child)

    def _fault(self, keys: Keys, what: str, *more: str | int) -> None:
        self._source.fault((*path_of(keys), *more), f"{what}.", keys[-1] if keys else "")

    def read(self) -> tuple[Document, list[Draft]]:
        """Read the whole machine."""
        root = self._root
        ours = self._ours(())
        path = ("meta", "repertory")
        extras = read_extras(self._source, path, ours) if ours else Extras()
        if said := root.get("description"):
            extras.description = text_of(said)
        name = good_name(self._machine)
        for key in known(root, (*_STATE, "context", "types", "$schema")):
            not_carried(self._source, (key,), f"The machine has {key!r}", key)
        for key in ("entry", "exit", "always", "onDone"):
            if root.get(key):
                what = f"The machine has {key!r} outside of all states"
                not_carried(self._source, (key,), what, key)
        top = tuple(self._state((key,)) for key in root["states"])
        initial = self._initial(())
        if root.get("type") == "parallel":
            wrapped = next(
                n for n in (name, f"{name}_regions", "all_regions") if n not in self._all
            )
            top = (StateDefinition(wrapped, "parallel", states=top),)
            initial = wrapped
        elif initial not in {state.name for state in top}:
            holder = StateDefinition("", "compound", states=top)
            holder = nested_initial(holder, initial, lambda what: self._fault((), what, "initial"))
            top, initial = holder.states, holder.initial or initial
        for way in self._on((), ""):
            top = tuple(with_way(state, way) for state in top)
        timeout, ways = self._after((), "deadline")
        extras.deadline = timeout or extras.deadline
        for way in ways:
            top = tuple(with_way(state, way) for state in top)
        return finish(
            self._source,
            "xstate",
            self._paths,
            name=name,
            initial=initial,
            states=top,
            extras=extras,
            fields=fields_of(self._source),
        )

    def _ours(self, keys: Keys) -> Any:
        meta = self._nodes[keys].get("meta")
        return meta.get("repertory") if isinstance(meta, dict) else None

    def _state(self, keys: Keys) -> StateDefinition:
        node, name = self._nodes.get(keys, {}), self._names.get(keys, keys[-1])
        for key in known(node, _STATE):
            what = f"State {name!r} has {key!r}"
            not_carried(self._source, (*path_of(keys), key), what, key)
        kind = self._kind(keys)
        states = tuple(
            self._state((*keys, key))
            for key in (node.get("states") if isinstance(node.get("states"), dict) else None) or {}
            if (*keys, key) in self._nodes
        )
        ours = self._ours(keys)
        path = (*path_of(keys), "meta", "repertory")
        kept = {}
        if ours:
            kept = state_extras(Table(self._source, path, ours, f"meta of state {name!r}", STATE))
        ways = [] if kind in ("history", "deep") else self._on(keys, name)
        timeout, late = self._after(keys, name)
        if kind in ("history", "deep") and node.get("target"):
            ways = self._ways(keys, {"target": node["target"]}, (), ("target",), name, 0)
            ways = [replace(way, internal=False) for way in ways]
        title = kept.get("title", "") or (keys[-1] if keys[-1] != name else "")
        state = StateDefinition(
            name=name,
            kind=kind,
            title=title,
            description=text_of(node.get("description")),
            states=states,
            transitions=(*ways, *late),
            enter=self._actions(keys, node.get("entry"), "entry"),
            exit=self._actions(keys, node.get("exit"), "exit"),
            agents=kept.get("agents", ()),
            resources=kept.get("resources", ()),
            timeout=timeout,
        )
        if kind != "compound":
            return state
        initial = self._initial(keys)
        if not initial:
            return state
        return nested_initial(state, initial, lambda what: self._fault(keys, what, "initial"))

    def _kind(self, keys: Keys) -> StateKind:
        node = self._nodes.get(keys, {})
        given = node.get("type") or ""
        if given == "history" or node.get("history"):
            return "deep" if node.get("history") == "deep" else "history"
        if given == "final":
            return "final"
        if given == "parallel":
            return "parallel"
        if given not in ("", "atomic", "compound"):
            self._fault(keys, "'type' must be parallel, final, history, compound or atomic", "type")
        return "compound" if node.get("states") else "state"

    def _initial(self, keys: Keys) -> str:
        node = self._nodes.get(keys, {})
        given = node.get("initial")
        if isinstance(given, dict):
            if given.get("actions"):
                not_carried(self._source, (*path_of(keys), "initial"), "'initial' has actions")
            given = given.get("target")
        if isinstance(given, list) and len(given) == 1:
            given = given[0]
        if node.get("type") == "parallel":
            return ""
        if not isinstance(given, str) or not given:
            self._fault(keys, "It is not said in which state it begins; give 'initial'", "initial")
            return ""
        text = given if given.startswith("#") else f".{given}"
        return self._target(keys, text, "initial")

    def _target(self, keys: Keys, text: str, *more: str | int) -> str:
        """Return the name of the state that a target means, or note that there is none."""
        found: Keys | None
        if text.startswith("#"):
            whole = text[1:]
            rest: Keys = ()
            found = self._ids.get(whole)
            if found is None:
                head, *tail = whole.split(".")
                found, rest = self._ids.get(head), tuple(tail)
            found = None if found is None else (*found, *rest)
        elif text.startswith("."):
            found = (*keys, *text[1:].split("."))
        else:
            found = (*keys[:-1], *text.split("."))
        name = None if found is None else self._names.get(found)
        if name is None:
            what = f"{text[:80]!r} is not a state of the machine; correct the target"
            self._fault(keys, what, *more)
            return ""
        return name

    def _on(self, keys: Keys, name: str) -> list[TransitionDefinition]:
        """Return what a state does for events, and without one, in the order it is tried."""
        node = self._nodes.get(keys, {})
        on = node.get("on") or {}
        if not isinstance(on, dict):
            self._fault(keys, "'on' must be an object", "on")
            on = {}
        given: list[tuple[str, Any, Keys]]
        given = [(self._event(keys, event), value, ("on", event)) for event, value in on.items()]
        if keys:
            given += [
                (event, node[key], (key,))
                for key, event in (("onDone", f"done.state.{name}"), ("always", ""))
                if node.get(key) is not None
            ]
        found: list[TransitionDefinition] = []
        numbers: list[Any] = []
        for event, value, place in given:
            ways = self._ways(keys, value, (event,) if event else (), place, name, len(found))
            found += ways
            numbers += [number_of(way) for way in listed_of(value)][: len(ways)]
        if found and None not in numbers and len(numbers) == len(found):
            return in_order_of(found, numbers)
        return found

    def _event(self, keys: Keys, event: str) -> str:
        if event.startswith("xstate.done.state."):
            return f"done.state.{self._target(keys, '#' + event[18:], 'on', event)}"
        if event == "*" or event.endswith(".*") or event.startswith("xstate."):
            what = f"Event {event[:60]!r} stands for others, or for what no workflow has"
            not_carried(self._source, (*path_of(keys), "on", event), what, event)
            return "any"
        return event

    def _ways(
        self, keys: Keys, value: Any, events: Keys, place: Keys, name: str, first: int
    ) -> list[TransitionDefinition]:
        found = []
        for index, way in enumerate(listed_of(value)):
            path = (*path_of(keys), *place, *((index,) if isinstance(value, list) else ()))
            if isinstance(way, str):
                way = {"target": way}
            if not isinstance(way, dict):
                self._source.fault(path, "A transition must be a target or an object.")
                way = {}
            for key in known(way, _WAY):
                what = f"A transition of {name or 'the machine'!r} has {key!r}"
                not_carried(self._source, (*path, key), what, key)
            given = way.get("target")
            targets = tuple(
                self._target(keys, target, *place) if isinstance(target, str) else ""
                for target in ([given] if isinstance(given, str) else listed_of(given))
            )
            if targets and not all(targets):
                self._source.fault(path, "A target of this transition is no state.")
            internal = stays(self._within.get(keys, self._all), targets)
            if internal or not targets:
                internal = not way.get("reenter", not internal)
            for part in ("event", "target", "guards", "actions"):
                self._paths[part, name, first + index] = path
            found.append(
                TransitionDefinition(
                    events=events,
                    targets=tuple(target for target in targets if target),
                    guards=guards_of(self._source, path, way.get("guard")),
                    actions=self._actions(keys, way.get("actions"), *path[len(path_of(keys)) :]),
                    internal=internal,
                )
            )
        return found

    def _actions(self, keys: Keys, given: Any, *more: str | int) -> tuple[str, ...]:
        found = []
        for action in [given] if isinstance(given, str | dict) else listed_of(given):
            name = text_of(action.get("type")) if isinstance(action, dict) else text_of(action)
            odd = isinstance(action, dict) and known(action, ("type",))
            if not name or odd or name.startswith("xstate."):
                what = f"Action {name[:60]!r} is more than a name"
                not_carried(self._source, (*path_of(keys), *more), what, name)
            else:
                found.append(name)
        return tuple(found)

    def _after(self, keys: Keys, name: str) -> tuple[Timeout | None, list[TransitionDefinition]]:
        given = self._nodes.get(keys, {}).get("after")
        if not given:
            return None, []
        path = (*path_of(keys), "after")
        self._paths[("timeout", name) if keys else ("deadline",)] = path
        delay, value = next(iter(given.items())) if isinstance(given, dict) else ("", None)
        ways = listed_of(value)
        if not isinstance(given, dict) or len(given) > 1 or len(ways) != 1:
            not_carried(self._source, path, f"{name!r} has several times, or ways after one", name)
            return None, []
        try:
            seconds = float(Decimal(delay) / 1000)
        except (InvalidOperation, OverflowError):
            seconds = -1.0
        if not 0 <= seconds <= 1e11:
            not_carried(self._source, path, f"{delay[:60]!r} is no number of milliseconds", delay)
            return None, []
        event = raised_of(ways[0])
        if event:
            return Timeout(seconds, None, event), []
        read = self._ways(keys, value, (), ("after", delay), name, 1_000)
        timeout, more = timed(name, seconds, read[0])
        return timeout, list(more)
