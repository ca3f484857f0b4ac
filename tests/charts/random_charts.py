"""Random charts for the differential tests: a drawn plan, and the class made from it."""

from dataclasses import dataclass, field

from hypothesis import strategies as st
from statemachine import HistoryState, State
from statemachine.factory import StateMachineMetaclass
from statemachine.transition import Transition
from statemachine.transition_list import TransitionList

EVENTS = ("go", "turn", "back", "a.b")
FLAGS = ("red", "green", "blue")
PHASES = ("before", "on", "after")
# What a callback names decides what it is given: signatures are drawn from these.
SIGNATURES = (
    "",
    "source, target",
    "event, state",
    "transition, amount=7",
    "*args, amount=None",
    "previous_configuration=None, new_configuration=None",
    "machine, model, event_data",
    "**kwargs",
    "state, *args, note='none', **kwargs",
    "amount",
)


class Endless(BaseException):
    """The drawn chart never comes to rest."""


@dataclass(frozen=True)
class Node:
    """A state to be made: `kind` is atomic, final, compound, parallel, shallow or deep."""

    name: str
    kind: str
    children: tuple["Node", ...] = ()

    def walk(self):
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True)
class Edge:
    source: int
    target: int | None
    event: str | None
    guard: str | None
    internal: bool
    error: str | None


@dataclass(frozen=True)
class Sketch:
    """A whole chart, drawn."""

    roots: tuple[Node, ...]
    edges: tuple[Edge, ...]
    callbacks: dict[str, str]
    """Names of callbacks, with the parameters that each names."""
    failing: frozenset[str]
    sending: dict[str, str]
    """Callbacks that send an event, and which."""
    settings: dict[str, bool]
    defaults: tuple[int, ...] = field(default=())


@st.composite
def nodes(draw, prefix, depth):
    kinds = ["atomic", "atomic", "compound", "parallel"] if depth else ["atomic"]
    kind = draw(st.sampled_from(kinds))
    if kind == "atomic":
        return Node(prefix, kind)
    children = [
        draw(nodes(f"{prefix}{letter}", depth - 1))
        for letter in "xyz"[: draw(st.integers(2, 3 if kind == "compound" else 2))]
    ]
    if kind == "compound":
        if draw(st.booleans()):
            children.append(Node(f"{prefix}f", "final"))
        if draw(st.integers(0, 2)):
            children.append(Node(f"{prefix}h", draw(st.sampled_from(["shallow", "deep"]))))
    return Node(prefix, kind, tuple(children))


@st.composite
def sketches(draw):
    roots = tuple(draw(nodes(letter, 2)) for letter in "pqr"[: draw(st.integers(1, 3))])
    if draw(st.booleans()):
        roots = (*roots, Node("end", "final"))
    everyone = [node for root in roots for node in root.walk()]
    at = {
        kind: [i for i, n in enumerate(everyone) if n.kind in kind.split()]
        for kind in ("atomic compound parallel", "atomic compound parallel final shallow deep")
    }
    sources, targets = at.values()
    recording = [i for i, node in enumerate(everyone) if node.kind in ("shallow", "deep")]
    aims = [st.none(), *[st.sampled_from(targets)] * 4]
    aims += [st.sampled_from(recording)] * 2 if recording else []
    edges = draw(
        st.lists(
            st.builds(
                Edge,
                source=st.sampled_from(sources),
                target=st.one_of(*aims),
                event=st.sampled_from([*EVENTS, *EVENTS, "*", None]),
                guard=st.sampled_from(
                    [None, None, None, *FLAGS, "red and not green", "blue or red", "In('p')"]
                ),
                internal=st.booleans(),
                error=st.none(),
            ),
            min_size=2,
            max_size=10,
        )
    )
    names = [f"{phase}_{event}" for phase in PHASES for event in ("go", "turn", "transition")]
    names += [
        f"on_{way}_{name}"
        for way in ("enter", "exit")
        for name in ("state", *[n.name for n in everyone])
    ]
    chosen = draw(st.lists(st.sampled_from(names), unique=True, max_size=10))
    callbacks = {name: draw(st.sampled_from(SIGNATURES)) for name in chosen}
    if draw(st.integers(0, 5)) == 0:
        callbacks["prepare_event"] = draw(st.sampled_from(SIGNATURES[:-1]))
    # An edge for any event would take the events that finals and errors raise, for ever.
    endless = any(node.kind == "final" for node in everyone)
    edges = [edge for edge in edges if not (edge.event == "*" and endless)]
    some = st.sets(st.sampled_from(chosen), max_size=2) if chosen else st.just(set())
    return Sketch(
        roots=roots,
        edges=tuple(edges),
        callbacks=callbacks,
        failing=frozenset(() if any(e.event == "*" for e in edges) else draw(some)),
        sending={name: draw(st.sampled_from(EVENTS)) for name in draw(some)},
        settings={
            "catch_errors_as_events": draw(st.booleans()),
            "allow_event_without_transition": draw(st.booleans()),
            "atomic_configuration_update": draw(st.integers(0, 3)) == 0,
            "enable_self_transition_entries": draw(st.integers(0, 3)) > 0,
        },
    )


def build(sketch, base, coroutines=False):
    """The class that a sketch describes; each callback tells the chart's `log` of its call."""
    made: list[State] = []

    def make(node):
        place = len(made)
        made.append(None)
        if node.kind in ("shallow", "deep"):
            state = HistoryState(type=node.kind)
        else:
            inner = [make(child) for child in node.children]
            state = State(
                final=node.kind == "final",
                parallel=node.kind == "parallel",
                states=[s for s in inner if not isinstance(s, HistoryState)],
                history=[s for s in inner if isinstance(s, HistoryState)],
            )
        state._set_id(node.name)
        made[place] = state
        return state

    # `State` names its children when it is made, so each gets its id first.
    attributes = {root.name: make(root) for root in sketch.roots}
    for state in made:
        if isinstance(state, HistoryState):
            first = state.parent.states[0]
            state.to(first)
    transitions: dict[str, list[Transition]] = {}
    for edge in sketch.edges:
        source = made[edge.source]
        target = None if edge.target is None else made[edge.target]
        inside = target is not None and (target is source or target.is_descendant(source))
        if edge.event is None and (edge.guard is None or "In" in edge.guard):
            continue  # taken for ever
        transition = Transition(
            source,
            target,
            event=edge.event,
            cond=edge.guard,
            internal=edge.internal and inside,
        )
        source.transitions.add_transitions(transition)
        if edge.event is not None:
            transitions.setdefault(edge.event, []).append(transition)
    for event, listed in transitions.items():
        if event.isidentifier():
            attributes[event] = TransitionList(listed)
    for name, signature in sketch.callbacks.items():
        attributes[name] = callback(name, signature, sketch, coroutines)
    for flag in FLAGS:
        attributes[flag] = guard(flag)
    checks = ("validate_disconnected_states", "validate_trap_states", "validate_final_reachability")
    attributes |= dict.fromkeys(checks, False) | sketch.settings
    attributes |= {"flags": frozenset(), "log": None}
    return StateMachineMetaclass("Drawn", (base,), attributes)


def callback(name, signature, sketch, coroutine):
    """A method that logs what it was given, and then fails, sends or returns."""

    def behave(chart, given):
        given.pop("self", None)
        note(chart, name, given)
        if name in sketch.sending and len(chart.log) < 60:
            getattr(chart, "send_later", chart.send)(sketch.sending[name], amount=1)
        if name in sketch.failing:
            raise ValueError(name)
        return {"prepared": name} if name == "prepare_event" else name

    scope = {"behave": behave}
    head = ", ".join(filter(None, ["self", signature]))
    kind = "async def" if coroutine else "def"
    exec(f"{kind} {name}({head}):\n    return behave(self, locals())", scope)
    method = scope[name]
    method.__qualname__ = f"{id(sketch)}.{name}"  # the stock cache of signatures goes by this
    return method


def guard(flag):
    def ask(self):
        if len(self.log) > 300:
            raise Endless
        self.log.append((flag, tuple(s.id for s in self.configuration)))
        return flag in self.flags and len(self.log) < 80

    ask.__name__ = flag
    ask.__qualname__ = f"guard.{flag}"
    return ask


def note(chart, name, given):
    if len(chart.log) > 300:
        raise Endless
    active = tuple(state.id for state in chart.configuration)
    chart.log.append((name, active, {key: plain(value) for key, value in sorted(given.items())}))


def plain(value):
    """What is the same in two charts that behave alike."""
    match value:
        case None | bool() | int():
            return value
        case State():
            return ("state", value.id, type(value).__name__, value.is_active)
        case str():
            return ("text", str(value), getattr(value, "name", None))
        case Transition():
            return ("transition", value.source.id, [s.id for s in value.targets], value.event)
        case dict():
            return {key: plain(item) for key, item in sorted(value.items())}
        case tuple():
            return tuple(plain(item) for item in value)
        case BaseException():
            return repr(value)
    if type(value).__name__ == "OrderedSet":
        return ("set", sorted((plain(item) for item in value), key=repr))
    if type(value).__name__ == "EventData":
        return (
            "data",
            plain(value.state),
            plain(value.source),
            plain(value.target),
            plain(value.event),
        )
    return type(value).__name__
