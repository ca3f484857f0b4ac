"""What the store keeps of an activity: what is to be called, and how far it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import signature
from typing import Any
from uuid import uuid4

import msgspec
from msgspec.structs import asdict, replace

from ...persistence.codec import CodecError, decode_json, encode_json
from .declared import Activity, Terms, activity_of
from .retry import RetryPolicy, check_policy

_encode = msgspec.json.Encoder().encode


class Changes(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The terms that are not the declared ones; see `Terms`. None: as declared."""

    retry: RetryPolicy | None = None
    timeout: float | None = None
    total_timeout: float | None = None
    heartbeat_timeout: float | None = None

    def __post_init__(self) -> None:
        if self.retry is not None:
            check_policy(self.retry)

    def over(self, terms: Terms) -> Terms:
        """Return these terms, changed."""
        given = {name: value for name, value in asdict(self).items() if value is not None}
        return replace(terms, **given) if given else terms


class Call(msgspec.Struct, frozen=True, omit_defaults=True):
    """An activity that was started, as it is written with the step that starts it.

    Attributes:
        activity: the name of the activity.
        key: its idempotency key.
        args: its arguments by place.
        kwargs: its arguments by name.
        failed: the event that tells of its failure; None: nobody wants to hear of it.
        state: the state that invoked it, or None.
        changes: what it is allowed other than declared.
        secrets: names of the values that must not be told of it; see `discretion`.
    """

    activity: str
    key: str
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = {}
    failed: str | None = None
    state: str | None = None
    changes: Changes = Changes()
    secrets: Sequence[str] = ()

    def encode(self) -> bytes:
        """Return it as JSON."""
        return _encode(self)

    def terms(self, declared: Activity) -> Terms:
        """Return what it is allowed."""
        return self.changes.over(declared.terms)


class Course(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far an activity is, as the store has it.

    Attributes:
        progress: what its last heartbeat has said.
        error: why the last attempt failed: `{"type": …, "message": …}`.
        began: when the attempt began that was running when this was written; UTC, in
            microseconds since 1970; None: none was.
    """

    progress: Any = None
    error: dict[str, str] | None = None
    began: int | None = None

    def encode(self) -> bytes | None:
        """Return it as JSON; None when there is nothing to tell."""
        return None if self == Course() else _encode(self)


_decode_call = msgspec.json.Decoder(Call).decode
_decode_course = msgspec.json.Decoder(Course).decode


def read_call(data: bytes | None) -> Call:
    """Return the call of a stored activity.

    Raises:
        CodecError: it is none.
    """
    try:
        return _decode_call(data or b"")
    except (msgspec.MsgspecError, ValueError) as error:
        raise CodecError(f"not a call: {error}") from error


def read_course(options: bytes | None) -> Course:
    """Return how far a stored activity is."""
    return Course() if options is None else _decode_course(options)


class Started(msgspec.Struct, frozen=True):
    """An activity that a step starts.

    Attributes:
        name: what the workflow calls it.
        done: the event that its result comes with; "" for none.
        call: what is to be called.
    """

    name: str
    done: str
    call: Call


def start(
    function: Callable[..., Any] | str,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    name: str | None = None,
    done: str = "",
    failed: str | None = None,
    state: str | None = None,
    changes: Changes | None = None,
    secrets: Sequence[str] = (),
) -> Started:
    """Return an activity to be started with the step, with its arguments checked.

    Arguments:
        function: a function that is declared as an activity, or the name of one.
        args: its arguments by place.
        kwargs: its arguments by name.
        name: what the workflow calls it; by default as the activity is called.
        done: the event that its result comes with; "" for none.
        failed: the event that its failure comes with.
        state: the state that invokes it.
        changes: what it is allowed other than declared.
        secrets: names of the values that must not be told of it.

    Raises:
        UnknownActivity: the function is not declared as one.
        TypeError: it does not take these arguments.
        CodecError: they can't be written as JSON.
        ValueError: a time among the changes is not longer than nothing.
    """
    declared = activity_of(function)
    changes = Changes() if changes is None else changes
    changes.over(declared.terms)  # what can't be is said in the step, not when it runs
    try:
        signature(declared.function).bind(*args, **kwargs)
    except TypeError as error:
        raise TypeError(f"Activity {declared.name!r} can't be called like this: {error}") from None
    try:
        plain: Any = decode_json(encode_json({"args": list(args), "kwargs": dict(kwargs)}))
    except CodecError as error:
        raise CodecError(
            f"the arguments of activity {declared.name!r} can't be kept as JSON: {error}"
        ) from error
    call = Call(
        declared.name,
        uuid4().hex,
        **plain,
        failed=failed,
        state=state,
        changes=changes,
        secrets=secrets,
    )
    return Started(declared.name if name is None else name, done, call)
