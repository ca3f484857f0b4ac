"""Contexts and JSON: what a workflow knows, to bytes and back, without a difference.

A context that would come back from its bytes changed is refused when it is written, with the path
of the field: the one in memory and the one in the store are always the same.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from .annotated import annotated
from .changes import Json
from .plain import CodecError, decode_json, encode_json, exact
from .pydantic_form import PydanticForm
from .scalars import LASTING
from .surplus import refuse_surplus
from .typed import TypedForm

__all__ = ["CodecError", "ContextCodec", "decode_json", "encode_json"]

_encode = msgspec.json.Encoder().encode


class _Form(Protocol):
    def new(self, values: Mapping[str, Any]) -> Any: ...
    def plain(self, context: Any, before: Json = None, *, settle: bool = False) -> Json: ...
    def write(self, context: Any) -> bytes: ...
    def decode(self, data: bytes) -> Any: ...


class DictForm:
    """A context without a declared type: a dict of plain JSON."""

    def new(self, values: Mapping[str, Any]) -> Any:
        return self.plain(dict(values))

    def plain(self, context: Any, before: Json = None, *, settle: bool = False) -> Json:
        if type(context) is not dict:
            raise CodecError(f"the context is of type {type(context).__name__}, not dict")
        changed = context
        if before is not None:
            changed = {
                key: value
                for key, value in context.items()
                if before.get(key, before) is not value
                or type(value) not in LASTING
                or type(key) is not str
            }
        copied = exact(changed)[1] if changed else changed
        # What lasts is kept itself, so that it is known again the next time.
        return {
            key: value if type(value) in LASTING else copied[key] for key, value in context.items()
        }

    def write(self, context: Any) -> bytes:
        return _encode(context)

    def decode(self, data: bytes) -> Any:
        context = decode_json(data)
        if type(context) is not dict:
            raise CodecError(f"the context is of type {type(context).__name__}, not an object")
        return context


class ContextCodec:
    """Makes, writes and reads the contexts of one workflow class.

    Attributes:
        type: the class of its contexts; `dict` when none was declared.
        fields: the names of the declared fields; None for a dict, which has any.

    Example:
        >>> codec = ContextCodec.of(Basket)
        >>> basket = codec.new({"total": 30})
        >>> codec.encode(codec.plain(basket))
        b'{"total":30,"received":0}'
    """

    def __init__(self, type: type, fields: tuple[str, ...] | None, form: _Form) -> None:
        self.type = type
        self.fields = fields
        self._form = form

    @classmethod
    def of(cls, context_type: type | None) -> ContextCodec:
        """Return the codec of a type of context.

        Arguments:
            context_type: a dataclass, a msgspec Struct, a pydantic model, a plain class with
                annotated fields (which is made a dataclass), or None for a plain dict.

        Raises:
            CodecError: it is none of these, or a field has a type that can't be kept as JSON.
        """
        if context_type is None or context_type is dict:
            return cls(dict, None, DictForm())
        if not isinstance(context_type, type):
            raise CodecError(f"{context_type!r} is no class")
        form: TypedForm | PydanticForm
        if hasattr(context_type, "__pydantic_validator__"):
            form = PydanticForm(context_type)
        else:
            if not issubclass(context_type, msgspec.Struct):
                # Fields are inherited from dataclasses alone, so bases come first.
                for base in reversed(context_type.__mro__[1:-1]):
                    if annotated(base):
                        _as_dataclass(base)
                _as_dataclass(context_type)
            form = TypedForm(context_type)
        return cls(context_type, form.fields, form)

    def new(self, values: Mapping[str, Any]) -> Any:
        """Return a new context; fields that are not given have their defaults.

        Arguments:
            values: by name of the field, as Python values or in their JSON form.

        Raises:
            CodecError: an unknown field, one that is missing, or a value that does not fit.
        """
        return self._form.new(values)

    def plain(self, context: Any, before: Json = None, *, settle: bool = False) -> Json:
        """Return a context as plain JSON that shares nothing with it that can change.

        Arguments:
            context: the context.
            before: what this returned for it the last time, if it has: what is still the very
                same is not looked at again.
            settle: whether to give the context itself what would come back of it where that is
                equal and of another type, as 2.0 for a 2 in a field of float.

        Raises:
            CodecError: a value does not fit its field, or would not come back as it is.
        """
        return self._form.plain(context, before, settle=settle)

    @staticmethod
    def encode(plain: Json) -> bytes:
        """Return what `plain` made, as JSON text."""
        return _encode(plain)

    def decode(self, data: bytes) -> Any:
        """Return the context of JSON text.

        Raises:
            CodecError: it does not fit the type.
        """
        return self._form.decode(data)

    def load(self, plain: Json, *, surplus: bool = False) -> Any:
        """Return the context of plain JSON, sharing nothing with it.

        Arguments:
            plain: the JSON.
            surplus: whether it may have fields that the type does not declare; they are dropped.

        Raises:
            CodecError: it does not fit the type, or has more than that declares.
        """
        data = _encode(plain)
        context = self._form.decode(data)
        # What is written again as it was has lost nothing.
        if not surplus and self.fields is not None and self._form.write(context) != data:
            refuse_surplus(plain, context)
        return context


def _as_dataclass(cls: type) -> None:
    """Make a plain class with annotated fields a dataclass, unless it is one already.

    Raises:
        CodecError: it declares no fields, or is of a kind that can't be made one.
    """
    own = annotated(cls)
    if "__dataclass_fields__" in cls.__dict__ or (dataclasses.is_dataclass(cls) and not own):
        return
    if issubclass(cls, dict | tuple | list) or hasattr(cls, "__attrs_attrs__"):
        raise CodecError(
            f"{cls.__name__} can't be a context; use a dataclass, a msgspec Struct, a pydantic "
            "model or a class with annotated fields"
        )
    if "__init__" in cls.__dict__:
        raise CodecError(
            f"{cls.__name__} has an __init__ of its own; declare its fields as annotations instead"
        )
    for name in own:
        default = cls.__dict__.get(name)
        # As in pydantic and msgspec, a list as the default means a new one for each context.
        if isinstance(default, list | dict | set):
            fresh = functools.partial(copy.deepcopy, default)
            setattr(cls, name, dataclasses.field(default_factory=fresh))
    try:
        dataclasses.dataclass(cls)
    except (TypeError, ValueError) as error:
        raise CodecError(f"{cls.__name__} can't be made a dataclass: {error}") from error
