"""What has been loaded from a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from .environment import expand, variables
from .faults import SecretMissing
from .model import Agent, Document, WorkflowDefinition
from .resources import OpenResource
from .secrets import Secrets


class Definitions(Mapping[str, Any]):
    """The workflow classes of a document, by name, with its agents and resources.

    Attributes:
        document: all that the document says, without the environment's values.
        resources: its resources, by name.
        secrets: the environment's values that are in it, to be kept out of all that is shown.
    """

    def __init__(self, document: Document, environment: Mapping[str, str]) -> None:
        self.document = document
        self.resources: Mapping[str, OpenResource] = {
            name: OpenResource(resource, environment)
            for name, resource in document.resources.items()
        }
        self._environment = environment
        named = {resource.secret for resource in document.resources.values()} - {None}
        for part in (*document.agents.values(), *document.resources.values()):
            named |= set(variables(msgspec.to_builtins(part)))
        self.secrets = Secrets((name for name in named if name), environment)
        self._workflows: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        return self._workflows[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._workflows)

    def __len__(self) -> int:
        return len(self._workflows)

    def __repr__(self) -> str:
        return f"<Definitions: {', '.join(self) or 'none'}>"

    @property
    def agents(self) -> Mapping[str, Agent]:
        """Its agents, by name."""
        return self.document.agents

    def model_of(self, agent: str) -> str:
        """Return the model of an agent, with the environment's values in it.

        Raises:
            KeyError: there is no such agent.
            SecretMissing: a variable is not set any more.
        """
        return str(expand(self.document.agents[agent].model, self._environment))

    def tags_of(self, agent: str) -> tuple[str, ...]:
        """Return the tags of an agent, with the environment's values in them.

        Raises:
            KeyError: there is no such agent.
            SecretMissing: a variable is not set any more.
        """
        return tuple(expand(self.document.agents[agent].tags, self._environment))

    def add(self, name: str, workflow: Any) -> None:
        """Add a workflow's class, as what loads the document does."""
        self._workflows[name] = workflow

    def require(self, workflow: WorkflowDefinition) -> None:
        """Make sure that the keys of all resources are there that a workflow's states need.

        Raises:
            SecretMissing: some are not set; says which.
        """
        needed = {name for state in workflow.walk() for name in state.resources}
        settings = [self.document.resources[name] for name in sorted(needed)]
        missing = {
            resource.name: resource.secret
            for resource in settings
            if resource.secret is not None
            and resource.settings.get("auth_required")
            and resource.secret not in self._environment
        }
        if missing:
            keys = ", ".join(
                f"{variable} for resource {name!r}" for name, variable in missing.items()
            )
            raise SecretMissing(
                f"{workflow.name} needs {keys}, which its states use and the environment does not "
                f"have; set it before it is started.",
                variables=missing.values(),
                resources=missing,
            )
