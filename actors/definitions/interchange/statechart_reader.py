"""Reads python-statemachine's own form of a statechart, which it writes as JSON or YAML."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from msgspec.structs import replace

from ..bounds import MOST_STATES, check_number
from ..draft import Draft
from ..model import Document, Field, StateDefinition, StateKind, Timeout, TransitionDefinition
from ..places import Path
from ..source import Source
from .conditions import field_with
from .documents import DEEPEST
from .extras import Extras
from .foreign import Places, finish, good_name, known, nested_initial, not_carried, seconds_of
from .python_guards import NoGuard, guard_of, method_of, value_of
from .statechart_writer import LATE
from .xstate_parts import listed_of, text_of

_DOCUMENT = ("name", "description", "datamodel", "states")
_STATE = (*("initial", "final", "parallel", "enter", "exit", "transitions", "states", "history"),)
_WAY = ("event", "target", "cond", "unless", "internal", "initial", "on")
_OF_XSTATE = {"id", "initial", "context", "on", "type", "version", "meta", "entry", "always"}
_IN_XSTATE = {"on", "entry", "always", "onDone", "type", "meta"}
_FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False}
_FLAGS |= {"off": False, "0": False, "": False}


def is_statechart(data: Any) -> bool:
    """Tell whether data looks like python-statemachine's form, and not like XState's machine."""
    states = data.get("states")
    if not isinstance(states, dict) or not _OF_XSTATE.isdisjoint(data):
        return False
    inner = [state for state in states.values() if isinstance(state, dict)]
    return all(_IN_XSTATE.isdisjoint(state) for state in inner)


def read_statechart(source: Source) -> tuple[Document, list[Draft]]:
    """Read a statechart, noting what is wrong with it, or does not carry over, as its faults."""
    return _Reader(source).read()


class _Reader:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._root: dict[str, Any] = source.data
        self._ids: dict[str, str] = {}
        self._number = 0
        self._paths: Places = {}
        self._extras = Extras()
        self._fields: dict[str, Field] = {}

    def _fault(self, path: Path, what: str, name: str = "") -> None:
        self._source.fault(path, f"{what}.", name)

    def _lost(self, path: Path, what: str, name: str = "") -> None:
        not_carried(self._source, path, what, name)

    def _table(self, value: Any, path: Path, what: str) -> Mapping[str, Any]:
        """Return a mapping, or an empty one where there is none."""
        if value is not None and not isinstance(value, dict):
            self._fault(path, f"{what} must be a mapping")
        return value if isinstance(value, dict) else {}

    def _list(self, value: Any, path: Path, what: str) -> list[Any]:
        if value is not None and not isinstance(value, list):
            self._fault(path, f"{what} must be a list")
        return value if isinstance(value, list) else []

    def _text(self, node: Mapping[str, Any], key: str, path: Path) -> str:
        value = node.get(key)
        if value is not None and not isinstance(value, str):
            self._fault((*path, key), f"{key!r} must be text", key)
        return text_of(value).strip()

    def _flag(self, node: Mapping[str, Any], key: str, path: Path) -> bool:
        value = node.get(key)
        if isinstance(value, str):
            value = _FLAGS.get(value.strip().lower(), value)
        if value is not None and not isinstance(value, bool):
            self._fault((*path, key), f"{key!r} must be true or false", key)
        return value is True

    def read(self) -> tuple[Document, list[Draft]]:
        """Read the whole document."""
        root = self._root
        for key in known(root, (*_DOCUMENT, "$schema")):
            self._lost((key,), f"The statechart has {key[:60]!r}", key)
        self._data(root.get("datamodel"))
        self._collect(root.get("states"), ("states",), 1)
        states = self._states(root.get("states"), ("states",))
        self._extras.description = self._text(root, "description", ())
        if not states:
            self._fault(("states",) if "states" in root else (), "There are no states; give some")
        stem = "workflow" if self._source.name == "<text>" else FilePath(self._source.name).stem
        return finish(
            self._source,
            "statechart",
            self._paths,
            name=good_name(self._text(root, "name", ()) or stem),
            initial=self._first(root.get("states"), ("states",)),
            states=states,
            extras=self._extras,
            fields=self._fields or None,
        )

    def _data(self, given: Any) -> None:
        items: list[tuple[Path, str, Any]] = []
        path: Path
        if isinstance(given, dict):
            items = [(("datamodel", key), key, value) for key, value in given.items()]
        else:
            for index, item in enumerate(self._list(given, ("datamodel",), "'datamodel'")):
                path = ("datamodel", index)
                node = self._table(item, path, "What is in the data model")
                for key in known(node, ("id", "expr")):
                    self._lost((*path, key), f"The data model has {key[:60]!r}", key)
                items.append((path, self._text(node, "id", path), node.get("expr")))
        for path, name, value in items:
            try:
                field = field_with(name, value_of(value) if isinstance(value, str) else value)
            except NoGuard:
                field = None
            if field is None:
                self._lost(path, f"Data {name[:60]!r} is not given by a plain value", name)
            else:
                self._fields[name] = field

    def _collect(self, given: Any, path: Path, depth: int) -> None:
        """Find the names of all states; those that are no names here are changed."""
        if not isinstance(given, dict) or depth > DEEPEST:
            return
        for key, node in given.items():
            self._number += 1
            check_number(self._source, self._number, MOST_STATES, "states")
            name = good_name(key)
            if key not in self._ids and name in self._ids.values():
                name = f"{name}_{self._number}"
            # Two of one id keep it, so that the check that all documents go through tells of it.
            self._paths["state", self._ids.setdefault(key, name)] = (*path, key)
            for inner in ("states", "history"):
                if isinstance(node, dict):
                    self._collect(node.get(inner), (*path, key, inner), depth + 1)

    def _first(self, given: Any, path: Path) -> str:
        """Return the state that a statechart, or a compound state, begins in."""
        states = given if isinstance(given, dict) else {}
        marked = [
            key
            for key, node in states.items()
            if isinstance(node, dict) and self._flag(node, "initial", (*path, key))
        ]
        if len(marked) > 1:
            self._lost((*path, marked[1], "initial"), "There are two initial states", marked[1])
        key = marked[0] if marked else next(iter(states), "")
        return self._ids.get(key, key)

    def _states(self, given: Any, path: Path) -> tuple[StateDefinition, ...]:
        if len(path) > 2 * DEEPEST:
            self._fault(path, f"States are more than {DEEPEST} deep; make it less")
            return ()
        table = self._table(given, path, "'states'")
        return tuple(self._state(key, node, (*path, key)) for key, node in table.items())

    def _state(self, key: str, given: Any, path: Path) -> StateDefinition:
        node = self._table(given, path, f"State {key[:60]!r}")
        name = self._ids[key]
        for other in known(node, _STATE):
            self._lost((*path, other), f"State {name!r} has {other[:60]!r}", other)
        final, parallel = self._flag(node, "final", path), self._flag(node, "parallel", path)
        inner = self._states(node.get("states"), (*path, "states"))
        history = self._table(node.get("history"), (*path, "history"), "'history'")
        remembering = tuple(
            self._history(one, value, (*path, "history", one)) for one, value in history.items()
        )
        kind: StateKind = "final" if final else "parallel" if parallel else "state"
        state = StateDefinition(name, kind, title="" if key == name else key)
        ways, first = self._ways(node, name, path)
        timeout, enter, leave = self._timeout(node, name, path)
        made = replace(
            state,
            states=(*inner, *remembering),
            transitions=ways,
            enter=self._actions(enter, (*path, "enter")),
            exit=self._actions(leave, (*path, "exit")),
            timeout=timeout,
        )
        state = _straight(made)
        if not inner or kind != "state":
            return state
        state = replace(state, kind="compound")
        begin = first or self._first(node.get("states"), (*path, "states"))
        return nested_initial(state, begin, lambda what: self._fault(path, what, name))

    def _history(self, key: str, given: Any, path: Path) -> StateDefinition:
        node = self._table(given, path, f"History state {key[:60]!r}")
        for other in known(node, ("type", "transitions")):
            self._lost((*path, other), f"A history state has {other[:60]!r}", other)
        type = self._text(node, "type", path) or "shallow"
        if type not in ("shallow", "deep"):
            self._fault((*path, "type"), "'type' must be shallow or deep", "type")
        name = self._ids[key]
        ways, _ = self._ways(node, name, path)
        title = "" if key == name else key
        kind: StateKind = "deep" if type == "deep" else "history"
        return StateDefinition(name, kind, title=title, transitions=ways)

    def _ways(
        self, node: Mapping[str, Any], state: str, path: Path
    ) -> tuple[tuple[TransitionDefinition, ...], str]:
        """Return a state's transitions, and where it begins if one of them says so."""
        found: list[TransitionDefinition] = []
        first = ""
        path = (*path, "transitions")
        for index, given in enumerate(self._list(node.get("transitions"), path, "'transitions'")):
            here = (*path, index)
            way = self._table(given, here, "A transition")
            for key in known(way, _WAY):
                later = key in ("before", "after")
                what = f"A transition has {key[:60]!r}"
                what += ", which is run at another time than 'on' is" if later else ""
                self._lost((*here, key), what, key)
            targets = tuple(map(self._target(here), self._text(way, "target", here).split()))
            if self._flag(way, "initial", here):
                if known(way, ("initial", "target")) or len(targets) != 1:
                    self._lost(here, "The way to an initial state is more than that")
                else:
                    first = targets[0]
                continue
            for part, key in (("event", "event"), ("target", "target"), ("actions", "on")):
                self._paths[part, state, len(found)] = (*here, key) if key in way else here
            found.append(
                TransitionDefinition(
                    events=tuple(map(self._event(here), self._text(way, "event", here).split())),
                    targets=targets,
                    guards=self._guards(way, here, state, len(found)),
                    actions=self._actions(way.get("on"), (*here, "on")),
                    internal=self._flag(way, "internal", here) and bool(targets),
                )
            )
        return tuple(found), first

    def _target(self, path: Path) -> Any:
        def named(text: str) -> str:
            if text not in self._ids:
                what = f"{text[:80]!r} is not a state of the statechart; correct the target"
                self._fault((*path, "target"), what, text)
            return self._ids.get(text, text)

        return named

    def _event(self, path: Path) -> Any:
        def named(event: str) -> str:
            head, _, ended = event.partition("done.state.")
            if not head and ended:
                return f"done.state.{self._ids.get(ended, ended)}"
            if (
                event == "*"
                or event.endswith((".*", "."))
                or event.split(".")[0] in (*("error", "done"),)
            ):
                what = f"Event {event[:60]!r} stands for others, or for what no workflow has"
                self._lost((*path, "event"), what, event)
                return ""  # it has been said what is wrong with it
            return event

        return named

    def _guards(
        self, way: Mapping[str, Any], path: Path, state: str, number: int
    ) -> tuple[str, ...]:
        found: list[str] = []
        for key in ("cond", "unless"):
            given = way.get(key)
            for condition in [given] if isinstance(given, str) else listed_of(given):
                if not isinstance(condition, str) or not condition.strip():
                    self._fault((*path, key), f"{key!r} must be text, or a list of texts", key)
                    continue
                method = method_of(condition, self._fields)
                if method and key == "cond":
                    guard = method
                else:
                    try:
                        guard = guard_of(condition, self._fields)
                    except NoGuard as error:
                        self._lost((*path, key), f"The condition {condition[:60]!r} {error}", key)
                        guard = condition  # or the way would be taken for one without a guard
                    else:
                        guard = f"!({guard})" if key == "unless" else guard
                        self._extras.guards.setdefault(guard, guard)
                        self._paths.setdefault(("guard", guard), (*path, key))
                self._paths["guards", state, number, len(found)] = (*path, key)
                found.append(guard)
        return tuple(found)

    def _actions(self, given: Any, path: Path) -> tuple[str, ...]:
        found = []
        for action in [given] if isinstance(given, str | dict) else listed_of(given):
            if isinstance(action, str) and action.strip():
                found.append(action.strip())
            else:
                kinds = ", ".join(map(str, action)) if isinstance(action, dict) else "no name"
                self._lost(path, f"What is done has {kinds[:60]!r}", kinds[:60])
        return tuple(found)

    def _timeout(
        self, node: Mapping[str, Any], name: str, path: Path
    ) -> tuple[Timeout | None, Any, Any]:
        """Take the event that is sent on entry and cancelled on exit out of what is done."""
        enter, leave = node.get("enter"), node.get("exit")
        starts = enter if isinstance(enter, list) else [enter]
        ends = leave if isinstance(leave, list) else [leave]
        for start in starts:
            sent = start.get("send") if isinstance(start, dict) and len(start) == 1 else None
            if not isinstance(sent, dict) or set(sent) != {"event", "delay", "id"}:
                continue
            cancel = {"cancel": {"sendid": sent["id"]}}
            seconds = seconds_of(text_of(sent["delay"]))
            event = text_of(sent["event"])
            if cancel not in ends or seconds is None or not event:
                continue
            self._paths["timeout", name] = (*path, "enter")
            rest = [one for one in starts if one is not start]
            return Timeout(seconds, None, event), rest, [one for one in ends if one != cancel]
        return None, enter, leave


def _straight(state: StateDefinition) -> StateDefinition:
    """Return a state whose time-out, as we write it, leads to a state and sends no event."""
    event = f"{LATE}{state.name}"
    if state.timeout is None or state.timeout.event != event or not state.transitions:
        return state
    *others, late = state.transitions
    if late.events != (event,) or len(late.targets) != 1 or late.guards or late.actions:
        return state
    timeout = Timeout(state.timeout.seconds, late.targets[0])
    return replace(state, timeout=timeout, transitions=tuple(others))
