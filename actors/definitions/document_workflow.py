"""The base class of workflows that documents describe."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any, ClassVar

from ...persistence.codec import decode_json
from ..activities import RetryPolicy
from ..workflow import Workflow
from .actions import Source, as_method, find_actions
from .contracts import answering, checked
from .definitions import Definitions
from .faults import UnboundActions
from .model import WorkflowDefinition
from .outside import is_activity, retry_policy, starting
from .secrets import DiscreetCodec

_making_ready = Lock()


class DocumentWorkflow(Workflow):
    """A workflow that a document describes; `load_definitions` makes subclasses of it.

    Attributes:
        definition: what the document says of this workflow.
        definitions: all that was loaded with it: the document's agents and resources.
    """

    definition: ClassVar[WorkflowDefinition]
    definitions: ClassVar[Definitions]
    _sources: ClassVar[Sequence[Source]] = ()
    _attributes: ClassVar[Mapping[str, str]] = {}
    _answers: ClassVar[Mapping[str, Callable[[Any], None]]] = {}
    _results: ClassVar[Mapping[str, Callable[[Any], None]]] = {}
    _answering: ClassVar[frozenset[str]] = frozenset()
    _ready: ClassVar[bool] = False

    def _embody(self, context: Any, workflow_id: str, listeners: Sequence[object] = ()) -> None:
        if not self._ready:
            self.make_ready()
        super()._embody(context, workflow_id, listeners)

    @classmethod
    def make_ready(cls) -> None:
        """Bind all actions and look for all keys, as the first start does by itself.

        Raises:
            UnboundActions: actions have no function; says which.
            SecretMissing: keys of resources that states need are not set; says which.
        """
        with _making_ready:
            if cls._ready:
                return
            found, missing = find_actions(cls._attributes, cls._sources)
            if missing:
                raise UnboundActions(cls.workflow_name, missing)
            cls.definitions.require(cls.definition)
            for name, function in found.items():
                outside = is_activity(function)
                method = starting(name, function) if outside else as_method(function)
                contract = cls.definition.contracts.get(name)
                if contract is not None:
                    method = checked(method, contract, outside)
                if cls.definitions.secrets:
                    method = cls.definitions.secrets.redacting(name, method)
                setattr(cls, cls._attributes[name], method)
            here = {name for name, function in found.items() if not is_activity(function)}
            cls._answering = answering(cls.definition, here)
            if cls.definitions.secrets:
                cls.secret_names = cls.definitions.secrets.names
                cls.codec = DiscreetCodec.over(cls.codec, cls.definitions.secrets)
            cls._ready = True

    def start_activity(
        self, function: Any, /, *args: Any, retry: RetryPolicy | None = None, **options: Any
    ) -> str:
        """Start an activity, which is tried again as the document says, if it says anything."""
        if retry is None and self.definition.retry is not None:
            retry = retry_policy(self.definition.retry)
        return super().start_activity(function, *args, retry=retry, **options)

    @classmethod
    def check_data(cls, data: bytes) -> None:
        """Refuse an event's data that has a secret in it, before it is stored.

        Raises:
            CodecError: it has; says which variable's.
        """
        cls.definitions.secrets.refuse_json(data, "it")

    @classmethod
    def check_result(cls, activity: str, result: Any) -> None:
        """Refuse what an activity has returned that does not fit its action's contract.

        Raises:
            ContractBroken: it does not.
        """
        check = cls._results.get(activity)
        if check is not None:
            check(result)

    def check_step(self, event: str, answer: Any) -> None:
        """Check what an event has led to, before anything of it is kept.

        Raises:
            ContractBroken: what its actions returned does not fit the event's contract.
            CodecError: the answer, or something that is sent, has a secret in it.
        """
        check = self._answers.get(event)
        if check is not None and (answer is not None or event in self._answering):
            check(answer)
        secrets = self.definitions.secrets
        if secrets:
            secrets.refuse(answer, f"the answer to event {event!r}")
            for sent in self.outbox:
                what = f"what is sent with {sent.event!r}" if sent.event else "what is started"
                secrets.refuse((sent.receiver, sent.name), what)
                for part in (sent.data, sent.options):
                    if part is not None:
                        secrets.refuse(decode_json(part), what)


def unbound(self: Any) -> None:
    """Stand in for an action until its function is known."""
