"""Reads the JSON of a machine of XState v5."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ..bounds import MOST_TRANSITIONS, check_number
from ..draft import Draft
from ..model import Document, StateDefinition
from ..source import Source
from ..table import Table
from .extras import STATE, Extras, read_extras, state_extras
from .foreign import finish, good_name, known, nested_initial, not_carried
from .xstate_nodes import Nodes
from .xstate_parts import Keys, fields_of, path_of, text_of, with_way
from .xstate_ways import Ways

_STATE = (
    *("id", "key", "type", "initial", "states", "on", "always", "after", "onDone", "entry", "exit"),
    *("history", "target", "description", "meta", "tags", "order", "transitions", "version"),
)


def is_xstate(data: Any) -> bool:
    """Tell whether JSON looks like a machine."""
    return isinstance(data.get("states"), dict)


def read_xstate(source: Source) -> tuple[Document, list[Draft]]:
    """Read a machine, noting what is wrong with it, or does not carry over, as its faults."""
    return _Reader(source).read()


class _Reader:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._nodes = Nodes(source)
        self._ways = Ways(self._nodes)

    def read(self) -> tuple[Document, list[Draft]]:
        """Read the whole machine."""
        root = self._source.data
        ours = self._nodes.ours(())
        path = ("meta", "repertory")
        extras = read_extras(self._source, path, ours) if ours else Extras()
        if said := root.get("description"):
            extras.description = text_of(said)
        name = good_name(self._nodes.machine)
        for key in known(root, (*_STATE, "context", "types", "$schema")):
            not_carried(self._source, (key,), f"The machine has {key!r}", key)
        for key in ("entry", "exit", "always", "onDone"):
            if root.get(key):
                what = f"The machine has {key!r} outside of all states"
                not_carried(self._source, (key,), what, key)
        top = tuple(self._state((key,)) for key in root["states"])
        initial = self._nodes.initial(())
        if root.get("type") == "parallel":
            wrapped = next(
                n for n in (name, f"{name}_regions", "all_regions") if n not in self._nodes.all
            )
            top = (StateDefinition(wrapped, "parallel", states=top),)
            initial = wrapped
        elif initial not in {state.name for state in top}:
            holder = StateDefinition("", "compound", states=top)
            holder = nested_initial(
                holder, initial, lambda what: self._nodes.fault((), what, "initial")
            )
            top, initial = holder.states, holder.initial or initial
        timeout, late = self._ways.after((), "deadline")
        extras.deadline = timeout or extras.deadline
        for number, way in enumerate((*self._ways.on((), ""), *late)):
            check_number(self._source, number * len(top), MOST_TRANSITIONS, "transitions")
            top = tuple(with_way(state, way) for state in top)
        return finish(
            self._source,
            "xstate",
            self._nodes.paths,
            name=name,
            initial=initial,
            states=top,
            extras=extras,
            fields=fields_of(self._source),
        )

    def _state(self, keys: Keys) -> StateDefinition:
        node, name = self._nodes.nodes.get(keys, {}), self._nodes.names.get(keys, keys[-1])
        for key in known(node, _STATE):
            what = f"State {name!r} has {key!r}"
            not_carried(self._source, (*path_of(keys), key), what, key)
        kind = self._nodes.kind(keys)
        states = tuple(
            self._state((*keys, key))
            for key in (node.get("states") if isinstance(node.get("states"), dict) else None) or {}
            if (*keys, key) in self._nodes.nodes
        )
        ours = self._nodes.ours(keys)
        path = (*path_of(keys), "meta", "repertory")
        kept = {}
        if ours:
            kept = state_extras(Table(self._source, path, ours, f"meta of state {name!r}", STATE))
        ways = [] if kind in ("history", "deep") else self._ways.on(keys, name)
        timeout, late = self._ways.after(keys, name)
        if kind in ("history", "deep") and node.get("target"):
            ways = self._ways.ways(keys, {"target": node["target"]}, (), ("target",), name, 0)
            ways = [replace(way, internal=False) for way in ways]
        title = kept.get("title", "") or (keys[-1] if keys[-1] != name else "")
        state = StateDefinition(
            name=name,
            kind=kind,
            title=title,
            description=text_of(node.get("description")),
            states=states,
            transitions=(*ways, *late),
            enter=self._ways.actions(keys, node.get("entry"), "entry"),
            exit=self._ways.actions(keys, node.get("exit"), "exit"),
            agents=kept.get("agents", ()),
            resources=kept.get("resources", ()),
            timeout=timeout,
        )
        if kind != "compound":
            return state
        initial = self._nodes.initial(keys)
        if not initial:
            return state
        return nested_initial(state, initial, lambda what: self._nodes.fault(keys, what, "initial"))
