"""The base class of workflows that documents describe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any, ClassVar

from ..workflow import Workflow
from .actions import Source, as_method, find_actions
from .contracts import checked
from .faults import UnboundActions
from .model import Agent, Contract, Document, Resource, WorkflowDefinition

_binding = Lock()


class DocumentWorkflow(Workflow):
    """A workflow that a document describes; `load_definitions` makes subclasses of it.

    Attributes:
        document: all that the document says.
        definition: what it says of this workflow.
    """

    document: ClassVar[Document]
    definition: ClassVar[WorkflowDefinition]
    _sources: ClassVar[Sequence[Source]] = ()
    _attributes: ClassVar[Mapping[str, str]] = {}
    _bound: ClassVar[bool] = True

    def _embody(self, context: Any, workflow_id: str, listeners: Sequence[object] = ()) -> None:
        if not self._bound:
            self.bind_actions()
        super()._embody(context, workflow_id, listeners)

    @classmethod
    def bind_actions(cls) -> None:
        """Bind all actions to their functions, as the first start of a workflow does by itself.

        Raises:
            UnboundActions: some names have no function; says which.
        """
        with _binding:
            if cls._bound:
                return
            found, missing = find_actions(cls._attributes, cls._sources)
            if missing:
                raise UnboundActions(cls.workflow_name, missing)
            for name, function in found.items():
                method = as_method(function)
                contract = cls.definition.contracts.get(name)
                if contract is not None:
                    method = checked(method, contract)
                setattr(cls, cls._attributes[name], method)
            cls._bound = True

    @classmethod
    def agent(cls, name: str) -> Agent:
        """Return one of the document's agents.

        Raises:
            KeyError: there is none of this name.
        """
        return cls.document.agents[name]

    @classmethod
    def resource(cls, name: str) -> Resource:
        """Return one of the document's resources.

        Raises:
            KeyError: there is none of this name.
        """
        return cls.document.resources[name]

    @classmethod
    def contract(cls, name: str) -> Contract:
        """Return one of the workflow's contracts.

        Raises:
            KeyError: there is none of this name.
        """
        return cls.definition.contracts[name]


def unbound(self: Any) -> None:
    """Stand in for an action until its function is known."""
