"""The transitions of a machine of XState: what they are for, where they lead, what they do."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from ..model import Timeout, TransitionDefinition
from ..places import Path
from .foreign import known, not_carried, timed
from .xstate_nodes import Nodes
from .xstate_parts import (
    Keys,
    guards_of,
    in_order_of,
    listed_of,
    number_of,
    path_of,
    raised_of,
    text_of,
)
from .xstate_writer import stays

Names: TypeAlias = tuple[str, ...]

_WAY = ["target", "guard", "actions", "reenter", "meta", "description", "source", "eventType"]


class Ways:
    """Reads what the states of a machine do, and after what time.

    Arguments:
        nodes: the states.
    """

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._source = nodes.source

    def on(self, keys: Keys, name: str) -> list[TransitionDefinition]:
        """Return what a state does for events, and without one, in the order it is tried."""
        node = self._nodes.nodes.get(keys, {})
        on = node.get("on") or {}
        if not isinstance(on, dict):
            self._nodes.fault(keys, "'on' must be an object", "on")
            on = {}
        given: list[tuple[Names, Any, Keys]] = [
            ((self._event(keys, event),) if event else (), value, ("on", event))
            for event, value in on.items()
        ]
        if keys:
            given += [
                (events, node[key], (key,))
                for key, events in (("onDone", (f"done.state.{name}",)), ("always", ()))
                if node.get(key) is not None
            ]
        found: list[TransitionDefinition] = []
        numbers: list[Any] = []
        for events, value, place in given:
            ways = self.ways(keys, value, events, place, name, len(found))
            found += ways
            numbers += [number_of(way) for way in listed_of(value)][: len(ways)]
        if found and None not in numbers and len(numbers) == len(found):
            return in_order_of(found, numbers)
        return found

    def _event(self, keys: Keys, event: str) -> str:
        if event.startswith("xstate.done.state."):
            return f"done.state.{self._nodes.target(keys, '#' + event[18:], 'on', event)}"
        if event == "*" or event.endswith(".*") or event.startswith("xstate."):
            what = f"Event {event[:60]!r} stands for others, or for what no workflow has"
            not_carried(self._source, (*path_of(keys), "on", event), what, event)
            return ""  # it has been said what is wrong with it
        return event

    def ways(
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
                self._nodes.target(keys, target, *place) if isinstance(target, str) else ""
                for target in ([given] if isinstance(given, str) else listed_of(given))
            )
            if targets and not all(targets):
                self._source.fault(path, "A target of this transition is no state.")
            internal = False
            if not way.get("reenter") and stays(self._nodes.within.get(keys, set()), targets):
                targets, internal = self._inside(keys, targets, path)
            for part in ("event", "target", "guards", "actions"):
                self._nodes.paths[part, name, first + index] = path
            found.append(
                TransitionDefinition(
                    events=events,
                    targets=tuple(target for target in targets if target),
                    guards=guards_of(self._source, path, way.get("guard")),
                    actions=self.actions(keys, way.get("actions"), *path[len(path_of(keys)) :]),
                    internal=internal,
                )
            )
        return found

    def _inside(self, keys: Keys, targets: Names, path: Path) -> tuple[Names, bool]:
        """Return where a transition leads by which XState does not leave its source."""
        name, kind = self._nodes.names[keys], self._nodes.kind(keys)
        if kind == "parallel":
            # XState leaves and enters its regions, as if they were one state; SCXML it with them.
            node = self._nodes.nodes[keys]
            if any(node.get(key) for key in ("entry", "exit", "after")):
                what = f"A transition of {name!r}, which is parallel, does not leave it"
                not_carried(self._source, path, what, name)
            return targets, False
        if name not in targets:
            return targets, kind == "compound"
        if kind == "compound":
            return (self._nodes.initial(keys),), True  # XState begins anew in it
        return (), False

    def actions(self, keys: Keys, given: Any, *more: str | int) -> tuple[str, ...]:
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

    def after(self, keys: Keys, name: str) -> tuple[Timeout | None, list[TransitionDefinition]]:
        given = self._nodes.nodes.get(keys, {}).get("after")
        if not given:
            return None, []
        path = (*path_of(keys), "after")
        self._nodes.paths[("timeout", name) if keys else ("deadline",)] = path
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
        read = self.ways(keys, value, (), ("after", delay), name, 1_000)
        timeout, more = timed(name, seconds, read[0])
        return timeout, list(more)
