"""The keys of the short form."""

from __future__ import annotations

from .keys import AGENTS, CONTRACTS, GUARDS, NOT_EMPTY, RESOURCES_BY_NAME, TYPE
from .shapes import (
    CENTURY,
    EVENT,
    Anything,
    Choice,
    Either,
    Flag,
    Listed,
    Named,
    Names,
    Nested,
    Number,
    Shape,
    Text,
)

_STATE = "A state to go to."

WAY: dict[str, Shape] = {
    "to": Names("The state that it leads to; without it, it stays where it is."),
    "if": Names("Guards that must all hold: names, `!name`, or expressions in CEL."),
    "do": Names("Actions that are run, in order."),
    "inside": Flag("Lead to a state within this one without leaving it."),
}
_A_WAY = Nested(
    "What is done.",
    keys=WAY,
    more={
        "anyOf": [
            {"required": [key], "properties": {key: {"not": {"enum": ["", []]}}}}
            for key in ("to", "do")
        ]
    },
)


def ways(says: str) -> Either:
    """Return the shape of what an event, or something else that happens, leads to."""
    several = "Tried in this order; the first one whose guards hold is taken."
    one = (Text(_STATE, required=True), _A_WAY)
    return Either(says, of=(*one, Listed(several, of=Either(_STATE, of=one), least=1)))


AFTER: dict[str, Shape] = {
    "seconds": Number("After how long.", required=True, whole=False, above=True, most=CENTURY),
    "to": Text("The state that it leads to."),
    "send": Text("The event that is sent, instead of `to`."),
}


def after(says: str) -> Nested:
    """Return the shape of what happens after a time."""
    either = [{"required": [key], "properties": {key: NOT_EMPTY}} for key in ("to", "send")]
    return Nested(says, keys=AFTER, more={"oneOf": either})


RETRY: dict[str, Shape] = {
    "limit": Number("How often.", required=True, least=1),
    "backoff": Number("How many seconds in between.", whole=False, most=CENTURY),
}

FIELD: dict[str, Shape] = {
    "type": TYPE,
    "default": Anything("What it has when nothing is given; it must be of the type."),
}
_FIELD = Either(
    "A type as text; a default, which says its type itself; or `{ type = …, default = … }`.",
    of=(
        TYPE,
        Flag("A default."),
        Number("A default.", least=None, whole=False),
        Listed("A default.", of=Anything("")),
        Nested("A type and a default.", keys=FIELD),
        Nested("A default.", more={"additionalProperties": True, "not": {"required": ["type"]}}),
    ),
)

STATE: dict[str, Shape] = {
    "description": Text("What people read."),
    "on": Named(
        "What each event does here.",
        of=ways("What this event does: a state; a table; or a list of these."),
        names=EVENT,
    ),
    "always": ways("Taken by itself, without an event, when its guards hold."),
    "done": ways("Taken when all that is within this state is at its end."),
    "after": after("What happens when it has been active for so long. Durable."),
    "enter": Names("Actions that are run when it is entered."),
    "exit": Names("Actions that are run when it is left."),
    "final": Flag("The workflow, or what this state is in, ends here."),
    "in": Text("The state that this one is in, which makes that a compound one."),
    "initial": Text("The state within this one that it begins in."),
    "parallel": Flag("The states in this one are regions, all active at once."),
    "history": Choice("A history state of the state that it is in.", values=("shallow", "deep")),
    "agents": Names("Who works here."),
    "resources": Names("What is needed here."),
}

NATIVE: dict[str, Shape] = {
    "workflow": Text("The name under which it is stored.", required=True),
    "version": Number("Version of the definition. A change needs a new one.", least=1),
    "description": Text("What people read."),
    "initial": Text("The state that it begins in, at any depth; by default the first one here."),
    "deadline": after("What happens when it has not finished by then."),
    "retry": Nested("How activities that fail are tried again.", keys=RETRY),
    "context": Named("The fields of the context. Without it, it is a dict of anything.", of=_FIELD),
    "guards": GUARDS,
    "agents": AGENTS,
    "resources": RESOURCES_BY_NAME,
    "contracts": CONTRACTS,
    "states": Named("The states, by name.", True, of=Nested("A state.", keys=STATE)),
}
