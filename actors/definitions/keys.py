"""The keys that both TOML forms have: agents, resources, contracts and guards."""

from __future__ import annotations

from .shapes import (
    NAME,
    Choice,
    Flag,
    Named,
    Nested,
    Number,
    Shape,
    Text,
    Texts,
    Variants,
)

TYPES = (
    *("string", "integer", "float", "boolean", "any", "object", "array<string>"),
    *("optional:string", "enum:['a', 'b']"),
)
"""What editors offer where a type is expected."""

NOT_EMPTY = {"minLength": 1, "pattern": r"\S"}
TYPE = Text("A type, such as `string`, `array<integer>` or `optional:float`.", True, TYPES)

AGENT: dict[str, Shape] = {
    "model": Text("Which model it is. `${VAR}` takes the environment's value.", required=True),
    "max_tokens": Number("How long its answers may be, in tokens.", least=1),
    "temperature": Number("How freely it answers.", whole=False),
    "tags": Texts("What it is good for. `${VAR}` takes the environment's value."),
}

RESOURCES: dict[str, Nested] = {
    "http": Nested(
        "A service that is called.",
        keys={
            "endpoint": Text("Its address. `${VAR}` takes the environment's value.", required=True),
            "auth_required": Flag("Whether `secret_key` must be set before a workflow starts."),
            "secret_key": Text("Name of the environment's variable that has the key."),
        },
        more={
            "if": {"properties": {"auth_required": {"const": True}}, "required": ["auth_required"]},
            "then": {"properties": {"secret_key": NOT_EMPTY}, "required": ["secret_key"]},
        },
    ),
    "webhook": Nested(
        "An address that is told of things.",
        keys={
            "endpoint": Text("Its address. `${VAR}` takes the environment's value.", required=True),
            "description": Text("What people read."),
        },
    ),
    "database": Nested(
        "A database.",
        keys={
            "connection_string": Text("How to connect. `${VAR}` is replaced.", required=True),
            "pool_size": Number("How many connections are kept open.", least=1),
        },
    ),
    "custom": Nested("Anything else; it has what you like.", more={"additionalProperties": True}),
}
"""What resources of each type have."""

RESOURCE_TYPE = Choice("What it is.", True, tuple(RESOURCES))

CONTRACT: dict[str, Shape] = {
    "name": Text("What people call it."),
    "description": Text("What people read."),
    "input": Named("What goes in: fields and their types.", of=TYPE),
    "output": Named("What comes out: fields and their types.", of=TYPE),
}

AGENTS = Named("Who works here, by name.", of=Nested("An agent.", keys=AGENT), names=NAME)
CONTRACTS = Named(
    "What goes in and out of the event, or the action, of the same name.",
    of=Nested("A contract.", keys=CONTRACT),
)
GUARDS = Named(
    "Guards, by name: expressions in CEL over `context` and `event`.",
    of=Text("An expression, such as `context.paid >= context.total`."),
)
RESOURCES_BY_NAME = Named(
    "What is needed from outside, by name.",
    of=Variants("A resource.", key="type", of=RESOURCES),
    names=NAME,
)
