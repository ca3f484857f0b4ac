"""Reads SCXML."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from ..bounds import MOST_STATES, check_number
from ..draft import Draft
from ..model import (
    Document,
    Field,
    Later,
    StateDefinition,
    StateKind,
    Timeout,
    TransitionDefinition,
)
from ..source import Source
from .conditions import field_of, in_our_words
from .documents import DEEPEST, Element
from .extras import Extras, read_extras
from .foreign import Places, finish, good_name, nested_initial, not_carried, seconds_of

_KINDS: dict[str, StateKind] = {"parallel": "parallel", "final": "final", "history": "history"}
_STATES = ("state", *_KINDS)
_ATTRIBUTES = {
    "scxml": ("name", "initial", "version", "datamodel", "binding"),
    "state": ("id", "initial"),
    "parallel": ("id",),
    "final": ("id",),
    "history": ("id", "type"),
    "transition": ("event", "cond", "target", "type", "r:guards", "r:timeout"),
    "log": ("label", "expr", "r:action"),
    "send": ("id", "event", "delay", "r:to", "r:action"),
    "cancel": ("sendid", "r:action"),
    "data": ("id", "expr"),
}


def read_scxml(source: Source) -> tuple[Document, list[Draft]]:
    """Read SCXML, noting what is wrong with it, or does not carry over, as the source's faults."""
    return _Reader(source).read()


class _Reader:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._root: Element = source.data["scxml"]
        self._names: dict[str, str] = {}
        self._by_element: dict[int, str] = {}
        self._paths: Places = {}
        self._extras = Extras()
        self._fields: dict[str, Field] = {}
        self._collect(self._root, 0)

    def _collect(self, element: Element, depth: int) -> None:
        for child in element.children:
            if child.tag not in _STATES:
                continue
            check_number(self._source, len(self._by_element) + 1, MOST_STATES, "states")
            given = child.get("id")
            name = good_name(given) if given else f"state_{len(self._by_element) + 1}"
            if given and given not in self._names and name in self._by_element.values():
                name = f"{name}_{len(self._by_element) + 1}"
            # Two of one id keep it, so that the check that all documents go through tells of it.
            self._by_element[id(child)] = self._names.setdefault(given, name) if given else name
            self._paths["state", name] = child.path
            if depth < DEEPEST:
                self._collect(child, depth + 1)

    def _lost(self, element: Element, what: str, name: str = "") -> None:
        not_carried(self._source, element.path, what, name or element.tag)

    def read(self) -> tuple[Document, list[Draft]]:
        """Read the whole document."""
        root = self._root
        if root.tag != "scxml":
            what = f"The document is of <{root.tag.lstrip('?')[:60]}>, not of <scxml>."
            self._source.fault(root.path, what, root.tag)
        self._only(root)
        for child in root.children:
            if child.tag == "r:definition":
                self._extras = self._ours(child)
            elif child.tag == "datamodel":
                self._data(child)
            elif child.tag not in _STATES and not child.tag.startswith("?"):
                self._lost(child, f"The document has <{child.tag}>")
        states = tuple(self._state(c) for c in root.children if c.tag in _STATES)
        initial = root.get("initial")
        if not initial:
            ordinary = [s for s in states if s.kind not in ("history", "deep")]
            first = ordinary[0].name if ordinary else ""
        else:
            first = self._target(root, initial)
        if first and first not in {state.name for state in states}:
            holder = StateDefinition("", "compound", states=states)
            holder = nested_initial(holder, first, lambda what: self._wrong(root, what))
            states, first = holder.states, holder.initial or first
        if not states:
            self._wrong(root, "The document has no states; give it some")
        name = good_name(root.get("name") or "workflow")
        return finish(
            self._source,
            "scxml",
            self._paths,
            name=name,
            initial=first,
            states=states,
            extras=self._extras,
            fields=self._fields or None,
        )

    def _wrong(self, element: Element, what: str) -> None:
        self._source.fault(element.path, f"{what}.", element.tag)

    def _only(self, element: Element) -> None:
        """Note attributes that say what does not carry over; those of others' are passed over."""
        for key in element.attributes:
            if key not in _ATTRIBUTES.get(element.tag, ()) and not key.startswith(("?", "xml")):
                self._lost(element, f"<{element.tag}> has {key[:60]!r}", key)

    def _ours(self, element: Element) -> Extras:
        try:
            data = msgspec.json.decode(element.text)
        except (ValueError, RecursionError):
            self._wrong(element, "What Repertory keeps here is no JSON; export the workflow again")
            return Extras()
        return read_extras(self._source, element.path, data)

    def _data(self, model: Element) -> None:
        for data in model.children:
            if data.tag != "data":
                self._lost(data, f"The data model has <{data.tag}>")
                continue
            self._only(data)
            name = data.get("id")
            field = field_of(name, data.get("expr") or data.text.strip())
            if field is None:
                self._lost(data, f"Data {name[:60]!r} is not given by a plain value", name)
            else:
                self._fields[name] = field

    def _state(self, element: Element, depth: int = 1) -> StateDefinition:
        name = self._by_element[id(element)]
        if depth > DEEPEST:
            self._wrong(element, f"State {name!r} is more than {DEEPEST} states deep; make it less")
            return StateDefinition(name)
        self._only(element)
        kind = _KINDS.get(element.tag, "state")
        if kind == "history" and element.get("type") == "deep":
            kind = "deep"
        kept = self._extras.states.get(name, {})
        state = StateDefinition(name, kind, title=kept.get("title", ""))
        if not state.title and element.get("id") not in ("", name):
            state = replace(state, title=element.get("id"))
        enter: list[Element] = []
        leave: list[Element] = []
        states: list[StateDefinition] = []
        ways: list[TransitionDefinition] = []
        initial = element.get("initial")
        for child in element.children:
            if child.tag in _STATES:
                states.append(self._state(child, depth + 1))
            elif child.tag == "onentry":
                enter += child.children
            elif child.tag == "onexit":
                leave += child.children
            elif child.tag == "initial":
                initial = self._initial(child)
            elif child.tag == "transition":
                if child.get("r:timeout") != "true":
                    ways.append(self._way(child, name, len(ways)))
            elif not child.tag.startswith("?"):
                self._lost(child, f"State {name!r} has <{child.tag}>")
        timeout, enter, leave = self._timeout(name, enter, leave)
        state = replace(
            state,
            kind="compound" if states and kind == "state" else kind,
            description=kept.get("description", ""),
            states=tuple(states),
            transitions=tuple(ways),
            enter=self._actions(enter),
            exit=self._actions(leave),
            agents=kept.get("agents", ()),
            resources=kept.get("resources", ()),
            timeout=timeout,
        )
        # Ways that lead out of a state leave it, whatever they say of themselves.
        ways = [replace(way, internal=way.internal and state.keeps(way.targets)) for way in ways]
        state = replace(state, transitions=tuple(ways))
        if not states or kind != "state":
            return state
        ordinary = [one.name for one in states if one.kind not in ("history", "deep")]
        first = self._target(element, initial) if initial else (ordinary or [states[0].name])[0]
        if not first:
            return state
        return nested_initial(state, first, lambda what: self._wrong(element, what))

    def _initial(self, element: Element) -> str:
        ways = [child for child in element.children if child.tag == "transition"]
        for way in ways:
            if way.children:
                self._lost(way, "The way to an initial state does something")
        return ways[0].get("target") if ways else ""

    def _target(self, element: Element, text: str) -> str:
        """Return the name of the one state that is meant, or note that there is none."""
        several = text.split()
        if len(several) != 1:
            self._lost(element, "It begins in several states at once")
            return ""
        if several[0] not in self._names:
            self._wrong(element, f"{several[0][:80]!r} is not a state of the document; correct it")
            return ""
        return self._names[several[0]]

    def _way(self, element: Element, state: str, number: int) -> TransitionDefinition:
        self._only(element)
        for part in ("event", "target", "guards", "actions"):
            self._paths[part, state, number] = element.path
        events = tuple(self._event(element, event) for event in element.get("event").split())
        targets = tuple(self._target(element, one) for one in element.get("target").split())
        return TransitionDefinition(
            events=events,
            targets=tuple(target for target in targets if target),
            guards=self._guards(element),
            actions=self._actions(element.children),
            internal=element.get("type") == "internal",
        )

    def _event(self, element: Element, event: str) -> str:
        if event.startswith("done.state."):
            ended = event.removeprefix("done.state.")
            return f"done.state.{self._names.get(ended, ended)}"
        if event == "*" or event.endswith((".*", ".")) or event.split(".")[0] in ("error", "done"):
            what = f"Event {event[:60]!r} stands for others, or for what no workflow has"
            self._lost(element, what, event)
            return ""  # it has been said what is wrong with it
        return event

    def _guards(self, element: Element) -> tuple[str, ...]:
        cond = element.get("cond")
        ours = element.get("r:guards")
        if ours:
            try:
                return tuple(msgspec.json.decode(ours, type=list[str]))
            except (ValueError, RecursionError):
                self._wrong(element, "The names of its guards are no list of texts")
                return ()
        if not cond:
            return ()
        text = in_our_words(cond, self._fields)
        self._extras.guards.setdefault(text, text)
        self._paths["guard", text] = element.path
        return (text,)

    def _actions(self, elements: Sequence[Element]) -> tuple[str, ...]:
        found = []
        for element in elements:
            name = element.get("r:action")
            if element.tag == "log" and name:
                found.append(name)
            elif (later := self._later(element)) is not None:
                found.append(self._named(element, later))
            elif not element.tag.startswith("?"):
                self._lost(element, f"What is done has <{element.tag}>")
        return tuple(found)

    def _later(self, element: Element) -> Later | None:
        """Return the event that an element sends for later, or cancels, or None."""
        if element.children or element.tag not in ("send", "cancel"):
            return None
        seconds, event = seconds_of(element.get("delay")), element.get("event")
        if element.tag == "cancel" and element.get("sendid"):
            later = Later(None, name=element.get("sendid"))
        elif element.tag == "send" and seconds and event:
            later = Later(event, seconds, element.get("id"))
        else:
            return None
        self._only(element)
        return later

    def _named(self, element: Element, later: Later) -> str:
        what = later.event or f"cancel.{later.name}"
        first = element.get("r:action") or f"send.{good_name(what)}"
        name, number = first, 1
        while self._extras.later.setdefault(name, later) != later:
            number += 1
            name = f"{first}_{number}"
        self._paths.setdefault(("later", name), element.path)
        return name

    def _timeout(
        self, name: str, enter: list[Element], leave: list[Element]
    ) -> tuple[Timeout | None, list[Element], list[Element]]:
        """Take the event that is sent on entry and cancelled on exit out of what is done."""
        cancelled = {one.get("sendid"): one for one in leave if one.tag == "cancel"}
        for sent in enter:
            ended = cancelled.get(sent.get("id"))
            if sent.tag != "send" or not sent.get("id") or ended is None or sent.children:
                continue
            if sent.get("r:action"):
                continue  # two actions, and no time-out
            seconds = seconds_of(sent.get("delay"))
            if seconds is None or not (sent.get("event") or sent.get("r:to")):
                continue
            self._only(sent)
            self._paths["timeout", name] = sent.path
            enter = [one for one in enter if one is not sent]
            leave = [one for one in leave if one is not ended]
            to = sent.get("r:to")
            if to:
                return Timeout(seconds, self._target(sent, to) or None), enter, leave
            return Timeout(seconds, None, sent.get("event")), enter, leave
        return None, enter, leave
