"""Keeps the environment's values out of what is logged, answered and stored."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Container, Iterable, Mapping
from functools import wraps
from traceback import format_exception
from typing import Any

import msgspec

from ...persistence.codec import CodecError, ContextCodec
from ..activities.discretion import know
from .faults import ActionFailed

_SHORTEST = 8
"""Values that are shorter are no secrets, and would be found in anything."""


class Secrets:
    """The values that nobody may see.

    Arguments:
        names: the variables that a document uses.
        environment: their values.
    """

    def __init__(self, names: Iterable[str], environment: Mapping[str, str]) -> None:
        found = ((name, environment.get(name, "")) for name in names)
        self._values = {value: name for name, value in found if len(value) >= _SHORTEST}
        self._written = {
            msgspec.json.encode(value).decode()[1:-1]: name for value, name in self._values.items()
        }
        # As a value stands in a text, and as it is quoted: KeyError and many others quote.
        forms = {form: n for v, n in self._values.items() for form in (v, repr(v)[1:-1])}
        self._forms = dict(sorted(forms.items(), key=lambda form: -len(form[0])))
        if self._values:
            know(self)

    def __bool__(self) -> bool:
        return bool(self._values)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the variables that have them."""
        return tuple(self._values.values())

    def redact(self, text: str, names: Container[str] | None = None) -> str:
        """Return a text with the names of variables in the place of their values.

        Arguments:
            text: the text.
            names: the variables that matter; by default all.
        """
        for form, name in self._forms.items():
            if names is None or name in names:
                text = text.replace(form, f"${{{name}}}")
        return text

    def redact_json(self, text: bytes, names: Container[str]) -> bytes:
        """Return JSON with the names of these variables in the place of their values."""
        for value, name in self._written.items():
            if name in names:
                text = text.replace(value.encode(), b"${%b}" % name.encode())
        return text

    def refuse(self, data: Any, what: str) -> None:
        """Refuse data that has one of the values in it.

        Raises:
            CodecError: it has; says which variable's.
        """
        self.refuse_json(msgspec.json.encode(data), what)

    def refuse_json(self, data: bytes, what: str) -> None:
        """Refuse data as JSON that has one of the values in it.

        Raises:
            CodecError: it has; says which variable's.
        """
        for value, name in self._written.items():
            if value.encode() in data:
                raise CodecError(
                    f"{what} would hold the value of ${{{name}}}, which is not to be stored; keep "
                    f"the name of the resource instead"
                )

    def redacting(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        """Return an action whose errors don't tell the values.

        Nor do the errors that they come from, their notes, and what else a traceback shows.
        """

        def retold(error: BaseException) -> BaseException:
            said = f"{type(error).__name__}: {error}"
            shown = said + "".join(format_exception(error))
            if self.redact(shown) == shown:
                return error
            return ActionFailed(f"Action {name!r}: {self.redact(said)}")

        if inspect.iscoroutinefunction(method):

            @wraps(method)
            async def awaited(*args: Any, **given: Any) -> Any:
                try:
                    return await method(*args, **given)
                except BaseException as error:
                    told = retold(error)
                # Not within `except`: the error that has it would come along as the context.
                raise told

            return awaited

        @wraps(method)
        def called(*args: Any, **given: Any) -> Any:
            try:
                return method(*args, **given)
            except BaseException as error:
                told = retold(error)
            raise told  # likewise

        return called


class DiscreetCodec(ContextCodec):
    """Writes contexts as another codec does, and none that has a secret in it."""

    @classmethod
    def over(cls, codec: ContextCodec, secrets: Secrets) -> DiscreetCodec:
        """Return the codec that does so."""
        made = cls(codec.type, codec.fields, codec._form)
        made._secrets = secrets
        return made

    _secrets: Secrets

    def plain(self, context: Any, before: Any = None, *, settle: bool = False) -> Any:
        """Return a context as plain JSON.

        Raises:
            CodecError: it does not fit its type, or has a secret in it.
        """
        plain = super().plain(context, before, settle=settle)
        self._secrets.refuse(plain, "the context")
        return plain
