"""The base class of workflows: a statechart, a typed context, a name and a version."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

from ..persistence.codec import CodecError, ContextCodec, encode_json
from ..persistence.errors import BadDefinition
from .activities.invoking import Invoked, declare_invoked
from .activities.starting import StartsActivities
from .agenda import Agenda, Sent
from .charts import (
    RESERVED,
    After,
    ChartMeta,
    Span,
    State,
    begin,
    check_durable,
    delays_of,
    events_of,
    explain_calls,
    furnish,
    listed,
    nested_state,
    runs_async,
    states_of,
    take_invocations,
)
from .children.starting import StartsChildren
from .context_fields import unknown_fields
from .deadline import deadline
from .handlers import check_handlers
from .known import register
from .migration import Migration, migrations_of
from .names import Name, event_name, find_name, text
from .nesting import codec_of, nested_context
from .sending import SendsToItself
from .timeouts import checked_timeouts
from .timers import Timers

_INTERNAL = re.compile(
    r"(done|error)[._](state|invoke|execution|communication|platform)(?![a-z])|after\.state\."
)
"""Events that the chart itself raises, or a state's timeout: from outside they would skip rules."""


_TAKEN = ("context", "history_values", "model", "outbox", "rollback", "workflow_id")
"""Names that are taken besides those of the base class's own attributes."""


class Workflow(StartsActivities, StartsChildren, SendsToItself, metaclass=ChartMeta):
    """A durable workflow: subclass it, and declare states, events and actions.

    It is written as python-statemachine's `StateChart` is, and means the same, but for three
    things: an exception in an action is an error for the sender and undoes the step; an event that
    the state does not allow is an error; and what it must remember lives in `self.context`.

    Attributes:
        Context: the type of the context: a dataclass, a msgspec Struct, a pydantic model, or a
            plain annotated class, which is made a dataclass. Without one it is a dict.
        version: version of the definition, stored with each workflow; see `migrates`.
        workflow_name: the name under which it is stored; by default the class's own.
        checkpoint_every: a checkpoint is written after so many steps.
        max_microsteps: how many transitions one event may lead to by itself, eventless ones and
            those of events that actions send to this workflow; with more the step fails.
        deadline: the event that it gets when it has not finished in some time, as
            `after(timedelta(days=30), "expire")`.
        failures: the final states that are a failure to a workflow that has started this one.
        handlers: objects told of what happens, within the step; see `Handler`.
        definition_facts: what decides how stored workflows go on besides states, transitions and
            context, by what people call it; a change to it is a change of the definition.
        context: this workflow's context, in actions and guards.
        workflow_id: this workflow's id.
        outbox: what the present step, or a chart without a system, has sent with `tell`.

    Example:
        >>> class Door(Workflow):
        ...     shut = State(initial=True)
        ...     open = State()
        ...     push = shut.to(open)
        ...     pull = open.to(shut)
        >>> door = Door()        # without a system: a plain chart, as in a unit test
        >>> door.push()
        >>> door.open.is_active
        True
    """

    # Our own checks find the same, and say where.
    validate_disconnected_states = False
    validate_trap_states = False
    validate_final_reachability = False
    catch_errors_as_events = False
    allow_event_without_transition = False

    Context: ClassVar[Any] = None
    version: ClassVar[int] = 1
    workflow_name: ClassVar[str] = ""
    checkpoint_every: ClassVar[int] = 100
    max_microsteps: ClassVar[int] = 1_000
    deadline: ClassVar[After | None] = None
    failures: ClassVar[Collection[str]] = ("failed", "cancelled")
    handlers: ClassVar[Sequence[object]] = ()
    definition_facts: ClassVar[Mapping[str, str]] = {}

    context: Any
    workflow_id: str
    outbox: list[Sent]
    _agenda: Agenda

    codec: ClassVar[ContextCodec]
    migrations: ClassVar[Mapping[int, Migration]] = {}
    invoked: ClassVar[Sequence[Invoked]] = ()
    _names: ClassVar[frozenset[str]]
    _public: ClassVar[frozenset[str]]
    _all_events: ClassVar[frozenset[str]]
    _timeouts: ClassVar[Mapping[str, tuple[After, ...]]] = {}

    def __init__(self, context: Any = None, *, workflow_id: str = "") -> None:
        """Make a chart of this class that runs without a system; nothing of it is kept.

        Arguments:
            context: the fields of its context as a mapping, or a ready one.
            workflow_id: what `self.workflow_id` says.
        """
        self._embody(type(self).make_context(context), workflow_id)
        if not runs_async(self):
            begin(self)

    def _embody(self, context: Any, workflow_id: str, listeners: Sequence[object] = ()) -> None:
        agenda = Agenda()
        given = {
            "context": context,
            "workflow_id": workflow_id,
            "outbox": agenda.sent,
            "_agenda": agenda,
        }
        furnish(self, given, listeners)

    def tell(
        self,
        receiver: Any,
        event: Name,
        data: Mapping[str, Any] | None = None,
        /,
        *,
        after: Span | None = None,
        at: datetime | None = None,
        **fields: Any,
    ) -> None:
        """Send an event to another workflow of the same system, from within an action.

        It leaves with the step, when that is durable, and takes effect exactly once, in the order
        in which it was sent. What goes wrong with it there is in the other one's history.

        Arguments:
            receiver: the other workflow's id, or its `WorkflowRef`.
            event: the event.
            data: its data; `fields` go on top.
            after: it arrives so many seconds after the step, or a `timedelta`; not before.
            at: it arrives at this time, which has a time zone; not before.
            fields: likewise.

        Raises:
            CodecError: the data can't be written as JSON.
            ValueError: `after` or `at` can't be, or both are given.
        """
        given = {**(data or {}), **fields}
        if taken := RESERVED.intersection(given):
            raise CodecError(
                f"event {event_name(event)!r} has a field {min(taken)!r}, a name that callbacks "
                f"get from the chart"
            )
        self.outbox.append(
            Sent(
                text(getattr(receiver, "id", receiver), "A workflow's id"),
                text(event_name(event), "An event's name"),
                encode_json(given),
                due=0 if after is None and at is None else deadline(self._agenda.now, after, at),
            )
        )

    @property
    def timers(self) -> Timers:
        """The workflow's durable timers, in actions; see `Timers.start`."""
        return Timers(type(self), self.workflow_id, self._agenda)

    @classmethod
    def dormant(cls, context: Any, workflow_id: str, listeners: Sequence[object] = ()) -> Workflow:
        """Make an instance that has run nothing yet: to be begun, or restored."""
        chart = cls.__new__(cls)
        chart._embody(context, workflow_id, listeners)
        return chart

    @classmethod
    def make_context(cls, context: Any = None) -> Any:
        """Make a context of a mapping of its fields, or check one that is ready.

        Raises:
            CodecError: it does not fit the class's `Context`; says which field.
        """
        if context is None or isinstance(context, Mapping):
            return cls.codec.new(context or {})
        return cls.codec.load(cls.codec.plain(context))

    @classmethod
    def check_data(cls, data: bytes) -> None:
        """Refuse, by raising `CodecError`, an event's data as JSON; here nothing is refused."""

    @classmethod
    def check_result(cls, activity: str, result: Any) -> None:
        """Refuse, by raising, what an activity has returned; here nothing is refused.

        An activity whose result is refused has failed for good.
        """

    @classmethod
    def as_state(
        cls,
        name: str = "",
        *,
        initial: bool = False,
        timeout: After | Sequence[After] | None = None,
    ) -> State:
        """Return a compound state for another workflow that is all of this one.

        Its states, events, timeouts, methods and context fields become the other's, its deadline
        the state's timeout, and its end is `done.state.` and the state's name.

        Arguments:
            name: what diagrams call the state.
            initial: whether the other workflow begins in it.
            timeout: what happens when it has been active for so long.

        Raises:
            BadDefinition: it has no states, or something that only a workflow by itself can have.

        Example:
            >>> class Order(Workflow):                                 # doctest: +SKIP
            ...     payment = Payment.as_state(initial=True)
            ...     shipped = State(final=True)
            ...     done_state_payment = payment.to(shipped)
        """
        if cls.handlers:
            raise BadDefinition(
                f"{cls.__module__}.{cls.__qualname__} can't be a state of another: it has handlers "
                f"of its own; give them to the other one."
            )
        deadline = () if cls.deadline is None else (cls.deadline,)
        timeouts = (*listed(timeout), *deadline)
        return nested_state(cls, Workflow, name=name, initial=initial, timeouts=timeouts)

    def check_step(self, event: str, answer: Any) -> None:
        """Refuse, by raising, what an event has led to; here nothing is refused."""

    @classmethod
    def public_events(cls) -> frozenset[str]:
        """Return the events that may be sent: all but those that a chart gives itself."""
        return cls._public

    @classmethod
    def event_name(cls, event: str | Enum) -> str | None:
        """Return the id of an event given as name, enum member or class attribute, or None."""
        return find_name(event, cls._public)

    @classmethod
    def state_name(cls, state: Any) -> str | None:
        """Return the id of a state given as name, enum member or class attribute, or None."""
        return find_name(getattr(state, "id", state), cls._names)

    @classmethod
    def _chart_defined(cls) -> None:
        where = f"{cls.__module__}.{cls.__qualname__}"
        if "__init__" in cls.__dict__:
            raise BadDefinition(
                f"{where}: a workflow may not have an __init__, which would not run when it is "
                f"rehydrated; give its Context fields with defaults."
            )
        check_durable(cls)
        explain_calls(cls)
        cls._names = frozenset(states_of(cls))
        cls._all_events = frozenset(events_of(cls))
        cls._delays = delays_of(cls)
        cls._public = frozenset(name for name in cls._all_events if not _INTERNAL.match(name))
        for kind, names in (("event", events_of(cls)), ("state", cls._names)):
            for name in names:
                if hasattr(Workflow, name) or name in _TAKEN:
                    raise BadDefinition(
                        f"{where}: {kind} {name!r} would hide what every workflow has under that "
                        f"name; call it otherwise."
                    )
        try:
            check_handlers(cls.handlers)
        except TypeError as error:
            raise BadDefinition(f"{where}: {error}") from error
        if not isinstance(cls.version, int) or cls.version < 1:
            raise BadDefinition(
                f"{where}: version must be a whole number from 1, not {cls.version!r}."
            )
        if not isinstance(cls.max_microsteps, int) or cls.max_microsteps < 1:
            raise BadDefinition(
                f"{where}: max_microsteps must be a whole number from 1, not "
                f"{cls.max_microsteps!r}."
            )
        cls._timeouts = checked_timeouts(cls, where)
        cls.migrations = migrations_of(cls)
        if "workflow_name" not in cls.__dict__:
            cls.workflow_name = cls.__name__
        cls.invoked = declare_invoked(cls.workflow_name, take_invocations(cls))
        cls.Context = nested_context(cls, where)
        cls.codec = codec_of(cls, where)
        if unknown := list(unknown_fields(cls, cls.codec)):
            raise BadDefinition(f"{where}: " + " ".join(unknown))
        register(cls)
