"""The states of a machine of XState: their names here, and what targets mean."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..bounds import MOST_STATES, check_number
from ..model import StateKind
from ..source import Source
from .documents import DEEPEST
from .foreign import Places, good_name, not_carried
from .xstate_parts import Keys, path_of, text_of


class Nodes:
    """The nodes of a machine by their keys, outermost first; the machine itself has none.

    Arguments:
        source: the machine; what is wrong with it is noted as its faults.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.root: dict[str, Any] = source.data
        self.nodes: dict[Keys, dict[str, Any]] = {}
        self._ids: dict[str, Keys] = {}
        self.names: dict[Keys, str] = {}
        self.within: dict[Keys, set[str]] = {}
        self.paths: Places = {}
        self.machine = text_of(self.root.get("id")) or "workflow"
        self._collect((), self.root)
        counted = Counter(keys[-1] for keys in self.nodes if keys)
        taken: set[str] = set()
        for keys, node in self.nodes.items():
            if keys:
                own = good_name(keys[-1])
                candidates = [own] if counted[keys[-1]] == 1 else []
                candidates += [good_name(text_of(node.get("id"))), good_name("_".join(keys))]
                numbered = (f"{own}_{n}" for n in range(2, len(self.nodes) + 3))
                name = next(c for c in (*candidates, *numbered) if c and c not in taken)
                taken.add(name)
                self.names[keys] = name
                self.paths["state", name] = path_of(keys)
        self.all = set(self.names.values())
        for keys in self.names:
            self.within[keys] = set()
        for keys, name in self.names.items():
            for depth in range(1, len(keys) + 1):
                self.within[keys[:depth]].add(name)

    def _collect(self, keys: Keys, node: Any) -> None:
        if len(keys) > DEEPEST:
            self.fault(keys, f"State {keys[-1]!r} is more than {DEEPEST} states deep; make it less")
            return
        if not isinstance(node, dict):
            self.fault(keys, f"State {keys[-1]!r} must be an object")
            node = {}
        self.nodes[keys] = node
        check_number(self.source, len(self.nodes), MOST_STATES, "states")
        custom = text_of(node.get("id"))
        self._ids.setdefault(custom or ".".join((self.machine, *keys)), keys)
        inner = node.get("states") or {}
        if not isinstance(inner, dict):
            self.fault((*keys, "states"), "'states' must be an object")
            return
        for key, child in inner.items():
            self._collect((*keys, key), child)

    def fault(self, keys: Keys, what: str, *more: str | int) -> None:
        self.source.fault((*path_of(keys), *more), f"{what}.", keys[-1] if keys else "")

    def ours(self, keys: Keys) -> Any:
        meta = self.nodes[keys].get("meta")
        return meta.get("repertory") if isinstance(meta, dict) else None

    def kind(self, keys: Keys) -> StateKind:
        node = self.nodes.get(keys, {})
        given = node.get("type") or ""
        if given == "history" or node.get("history"):
            return "deep" if node.get("history") == "deep" else "history"
        if given == "final":
            return "final"
        if given == "parallel":
            return "parallel"
        if given not in ("", "atomic", "compound"):
            self.fault(keys, "'type' must be parallel, final, history, compound or atomic", "type")
        return "compound" if node.get("states") else "state"

    def initial(self, keys: Keys) -> str:
        node = self.nodes.get(keys, {})
        given = node.get("initial")
        if isinstance(given, dict):
            if given.get("actions"):
                not_carried(self.source, (*path_of(keys), "initial"), "'initial' has actions")
            given = given.get("target")
        if isinstance(given, list) and len(given) == 1:
            given = given[0]
        if node.get("type") == "parallel":
            return ""
        if not isinstance(given, str) or not given:
            self.fault(keys, "It is not said in which state it begins; give 'initial'", "initial")
            return ""
        text = given if given.startswith("#") else f".{given}"
        return self.target(keys, text, "initial")

    def target(self, keys: Keys, text: str, *more: str | int) -> str:
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
        name = None if found is None else self.names.get(found)
        if name is None:
            what = f"{text[:80]!r} is not a state of the machine; correct the target"
            self.fault(keys, what, *more)
            return ""
        return name
