"""Contexts that are pydantic models, read and written without importing pydantic here."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from .alike import adopt, alike
from .changes import Json
from .difference import compare
from .plain import CodecError, decode_json, join, refuse_unknown

_encode = msgspec.json.Encoder().encode


class PydanticForm:
    """A pydantic model or dataclass, read and written by pydantic's own code."""

    def __init__(self, cls: Any) -> None:
        self.type = cls
        if getattr(cls, "__pydantic_root_model__", False):
            raise CodecError(f"{cls.__name__} is a RootModel; a context has named fields")
        declared = cls.__pydantic_fields__
        self.fields: tuple[str, ...] = tuple(declared)
        self._aliases = {f.alias for f in declared.values() if f.alias}
        config = getattr(cls, "model_config", None) or getattr(cls, "__pydantic_config__", {})
        self._open = config.get("extra") == "allow"
        self.write: Callable[[Any], bytes] = functools.partial(
            cls.__pydantic_serializer__.to_json, round_trip=True, warnings=False
        )
        self._read = functools.partial(cls.__pydantic_validator__.validate_json, by_name=True)
        self._make = functools.partial(
            cls.__pydantic_validator__.validate_python, by_name=True, by_alias=True
        )

    def new(self, values: Mapping[str, Any]) -> Any:
        if not self._open:
            refuse_unknown(values, {*self.fields, *self._aliases}, self.type)
        try:
            made = self._make(dict(values))
        except (TypeError, ValueError) as error:
            raise _pydantic_misfit(error) from error
        return self.decode(_encode(self.plain(made)))

    def plain(self, context: Any, before: Json = None, *, settle: bool = False) -> Json:
        if type(context) is not self.type:
            raise CodecError(
                f"the context is of type {type(context).__name__}, not {self.type.__name__}"
            )
        try:
            data = self.write(context)
        except (TypeError, ValueError, RecursionError) as error:
            raise CodecError(str(error)) from error
        decoded = self.decode(data)
        same = alike((context,), (decoded,))
        if not same or getattr(context, "__pydantic_extra__", None):
            compare(context, decoded, "", exact=False)
        if not same:
            data = self.write(decoded)
            if settle:
                adopt(context, decoded, self.fields)
        return decode_json(data)

    def decode(self, data: bytes) -> Any:
        try:
            return self._read(data)
        except (TypeError, ValueError) as error:
            raise _pydantic_misfit(error) from error


def _pydantic_misfit(error: Exception) -> CodecError:
    errors = getattr(error, "errors", None)
    if errors is None:
        return CodecError(str(error))
    first = errors()[0]
    path = ""
    for part in first["loc"]:
        path = f"{path}[{part}]" if isinstance(part, int) else join(path, part)
    return CodecError(first["msg"][:1].lower() + first["msg"][1:], path=path)
