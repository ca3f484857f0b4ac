"""The keys of Swarm.toml."""

from __future__ import annotations

from .keys import AGENTS, CONTRACTS, GUARDS, RESOURCES_BY_NAME
from .shapes import CENTURY, Anything, Flag, Listed, Named, Nested, Number, Shape, Text, Texts

HANDLER: dict[str, Shape] = {
    "event": Text("The event that it is for.", required=True),
    "target": Text("The state that it leads to.", required=True),
    "guards": Texts("Guards that must all hold: names, or `!name`."),
}

STATE: dict[str, Shape] = {
    "description": Text("What people read.", required=True),
    "agents": Texts("Who works here."),
    "entry_actions": Texts("Actions that are run when it is entered."),
    "exit_actions": Texts("Actions that are run when it is left."),
    "required_resources": Texts("What is needed here."),
    "terminal": Flag("The workflow, or its parent, ends here."),
    "parallel_execution": Flag("Make a region for each agent, joined when all are done."),
    "parent": Text("The state that this one is in, which makes that a compound one."),
    "timeout_seconds": Number(
        "When it has been active for so long. Durable.", least=1, most=CENTURY
    ),
    "timeout_target": Text("The state that the time-out leads to."),
    "handlers": Listed(
        "What each event does here. The first whose guards hold is taken.",
        of=Nested("What an event does.", keys=HANDLER),
    ),
}

METADATA_OF_WORKFLOW: dict[str, Shape] = {
    "initial_state": Text("The state that it begins in, at any depth.", required=True),
    "completion_timeout_seconds": Number("By when it must have finished.", least=1, most=CENTURY),
    "max_retries": Number("How often an activity that fails is tried again."),
    "retry_backoff_seconds": Number("How many seconds in between.", most=CENTURY),
}

WORKFLOW: dict[str, Shape] = {
    "name": Text("The name under which it is stored.", required=True),
    "description": Text("What people read."),
    "metadata": Nested("How it begins, and its times.", True, keys=METADATA_OF_WORKFLOW),
    "guards": GUARDS,
    "contracts": CONTRACTS,
    "states": Named(
        "The states, by name.",
        True,
        of=Nested(
            "A state.",
            keys=STATE,
            more={
                "dependencies": {
                    "timeout_seconds": ["timeout_target"],
                    "timeout_target": ["timeout_seconds"],
                }
            },
        ),
    ),
}

METADATA: dict[str, Shape] = {
    "version": Text("Its version; the first number is the version of its workflows.", True),
    "name": Text("What people call it.", required=True),
    "description": Text("What people read.", required=True),
    "author": Text("Who wrote it."),
    "created": Anything("When it was written."),
}

SWARM: dict[str, Shape] = {
    "metadata": Nested("About the document.", True, keys=METADATA),
    "agents": AGENTS,
    "resources": RESOURCES_BY_NAME,
    "guards": GUARDS,
    "workflows": Listed("The workflows.", True, of=Nested("A workflow.", keys=WORKFLOW), least=1),
}
