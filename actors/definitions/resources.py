"""Resources as actions use them: with the environment's values, which are not shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .environment import expand
from .faults import SecretMissing
from .model import Resource


class OpenResource:
    """A resource whose values can be asked for; printing it shows none of the environment's.

    Attributes:
        name: its name in the document.
        type: "http", "webhook", "database" or "custom".

    Example:
        >>> httpx.post(workflow.definitions.resources["slack"]["endpoint"])     # doctest: +SKIP
    """

    __slots__ = ("_environment", "_resource", "name", "type")

    def __init__(self, resource: Resource, environment: Mapping[str, str]) -> None:
        self.name = resource.name
        self.type = resource.type
        self._resource = resource
        self._environment = environment

    def __getitem__(self, key: str) -> Any:
        """Return one of its settings, with the environment's values in it.

        Raises:
            KeyError: the document says nothing of it.
            SecretMissing: a variable is not set any more.
        """
        return expand(self._resource.settings[key], self._environment)

    def __contains__(self, key: object) -> bool:
        return key in self._resource.settings

    def __repr__(self) -> str:
        settings = ", ".join(f"{key}={value!r}" for key, value in self._resource.settings.items())
        return f"<Resource {self.name!r} {self.type}: {settings}>"

    @property
    def secret(self) -> str | None:
        """The key to it, which `secret_key` names a variable of the environment for, or None.

        Raises:
            SecretMissing: the variable is not set.
        """
        name = self._resource.secret
        if name is None:
            return None
        if name not in self._environment:
            raise SecretMissing(
                f"Resource {self.name!r} needs its key from {name}, which is not set in the "
                f"environment; set it before the workflow is started.",
                variables=(name,),
            )
        return self._environment[name]
