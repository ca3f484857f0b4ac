"""Contexts that are dataclasses or msgspec Structs."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import inspect

from .alike import adopt, alike, values_of
from .changes import Json
from .difference import compare, refuse_attributes
from .plain import CodecError, builtin, encode_json, join, refuse_unknown
from .scalars import Scalars
from .surplus import refuse_surplus

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class TypedForm:
    """A dataclass or msgspec Struct, read and written by msgspec's C code."""

    def __init__(self, cls: Any) -> None:
        self.type: Any = cls
        struct = issubclass(cls, msgspec.Struct)
        if struct:
            self.fields: tuple[str, ...] = cls.__struct_fields__
            self._encoded = dict(
                zip(cls.__struct_fields__, cls.__struct_encode_fields__, strict=True)
            )
        else:
            self.fields = tuple(field.name for field in dataclasses.fields(cls))
            self._encoded = {name: name for name in self.fields}
        try:
            info = inspect.type_info(cls)
            self._read: Callable[[bytes], Any] = msgspec.json.Decoder(cls).decode
        except NameError as error:
            raise CodecError(
                f"an annotation of {cls.__name__} can't be resolved ({error}); define what it "
                "names in the same module, outside of functions"
            ) from error
        except (TypeError, ValueError) as error:
            raise CodecError(f"{cls.__name__} can't be kept as JSON: {error}") from error
        loose = _loose(info, cls)
        self._scalars = Scalars.of(info, cls)
        self._values = values_of(self.fields)
        self._loose: Callable[[Any], Any] | None = attrgetter(*loose) if loose else None
        self._loose_names = frozenset(loose)
        # An attribute that is no field would be lost; slots and Structs take none.
        self._count = len(self.fields) if not struct and not hasattr(cls, "__slots__") else None

    def new(self, values: Mapping[str, Any]) -> Any:
        refuse_unknown(values, {*self.fields, *self._encoded.values()}, self.type)
        given = {self._encoded.get(name, name): value for name, value in values.items()}
        try:
            made: Any = msgspec.convert(given, self.type)
        except msgspec.ValidationError as error:
            try:
                made = self._read(encode_json(given))
            except CodecError:
                raise
            except msgspec.ValidationError:
                raise _misfit(error) from error
        except (TypeError, ValueError) as error:
            raise CodecError(str(error)) from error
        _fill(made)
        refuse_surplus(given, made)
        return self.decode(_encode(self.plain(made)))

    def plain(self, context: Any, before: Json = None, *, settle: bool = False) -> Json:
        if type(context) is not self.type:
            raise CodecError(
                f"the context is of type {type(context).__name__}, not {self.type.__name__}"
            )
        complete = self._count is None or len(context.__dict__) == self._count
        if complete and self._scalars is not None:
            plain = self._scalars.plain(context, before or {})
            if plain is not None:
                return plain
        try:
            data = _encode(context)
        except (TypeError, ValueError, RecursionError, AttributeError) as error:
            raise _unwritable(context, error) from error
        decoded = self.decode(data)
        live, back = self._values(context), self._values(decoded)
        if (self._loose is not None and not builtin(self._loose(context))) or not alike(live, back):
            self._compare(context, decoded)
            if not alike(live, back):
                data = _encode(decoded)
                if settle:
                    adopt(context, decoded, self.fields)
        if self._count is not None and len(context.__dict__) != self._count:
            refuse_attributes(context.__dict__, self.type, self.fields, "")
        return _decode(data)

    def write(self, context: Any) -> bytes:
        return _encode(context)

    def decode(self, data: bytes) -> Any:
        try:
            context = self._read(data)
        except msgspec.ValidationError as error:
            raise _misfit(error) from error
        except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
            raise CodecError(str(error)) from error
        # Bytes from before a field was declared lack it.
        if self._count is not None and len(context.__dict__) < self._count:
            _fill(context)
        return context

    def _compare(self, context: Any, decoded: Any) -> None:
        for name in self.fields:
            live, back = getattr(context, name), getattr(decoded, name)
            compare(live, back, name, exact=name in self._loose_names)


def _fill(value: Any) -> None:
    """Set the defaults that msgspec leaves to the class, so that they are written too.

    What is kept must not change its meaning when a later version has another default.
    """
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            if field.default is not dataclasses.MISSING and not hasattr(type(value), "__slots__"):
                vars(value).setdefault(field.name, field.default)
            _fill(getattr(value, field.name, None))
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            _fill(getattr(value, name))
    elif isinstance(value, list | tuple):
        for item in value:
            _fill(item)
    elif isinstance(value, dict):
        for item in value.values():
            _fill(item)


def _loose(info: Any, root: type) -> list[str]:
    """Return which fields hold parts without a declared type.

    Raises:
        CodecError: a field's type is one that can't be kept as JSON.
    """
    loose: list[str] = []
    for field in info.fields:
        seen: set[int] = set()
        pending = [field.type]
        while pending:
            part = pending.pop()
            if id(part) in seen:
                continue
            seen.add(id(part))
            if isinstance(part, inspect.AnyType):
                loose.append(field.name)
            elif isinstance(part, inspect.CustomType | inspect.RawType | inspect.ExtType):
                named = getattr(part, "cls", type(part)).__name__
                raise CodecError(
                    f"a {named} can't be kept as JSON; declare a dataclass, or Any for plain JSON",
                    path=join(root.__name__, field.name),
                )
            elif isinstance(part, inspect.StructType | inspect.DataclassType):
                pending += [inner.type for inner in part.fields]
            else:
                pending += _parts(part)
    return list(dict.fromkeys(loose))


def _parts(part: Any) -> list[Any]:
    found: list[Any] = []
    for name in ("item_type", "key_type", "value_type"):
        if hasattr(part, name):
            found.append(getattr(part, name))
    for name in ("types", "item_types"):
        found += getattr(part, name, ())
    found += [inner.type for inner in getattr(part, "fields", ())]
    return found


_MESSAGE = re.compile(r"(?P<what>.*?)(?: - at `(?:key in )?\$\.?(?P<path>.*)`)?", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`")


def _misfit(error: Exception) -> CodecError:
    match = _MESSAGE.fullmatch(str(error))
    what, path = (match["what"], match["path"] or "") if match else (str(error), "")
    if missing := _MISSING.fullmatch(what):
        return CodecError("this field is required", path=join(path, missing[1]))
    what = what.replace("`", "")
    return CodecError(what[:1].lower() + what[1:], path=path)


def _unwritable(value: Any, error: Exception, path: str = "") -> CodecError:
    """Find the smallest part that msgspec can't write."""
    parts: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        parts = [(join(path, key), part) for key, part in value.items()]
    elif isinstance(value, list | tuple | set | frozenset):
        parts = [(f"{path}[{index}]", part) for index, part in enumerate(value)]
    elif isinstance(value, msgspec.Struct):
        parts = [(join(path, name), getattr(value, name)) for name in value.__struct_fields__]
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = [
            (join(path, field.name), getattr(value, field.name))
            for field in dataclasses.fields(value)
            if hasattr(value, field.name)
        ]
    for place, part in parts:
        try:
            _encode(part)
        except RecursionError:
            return CodecError("nested too deeply, or it contains itself", path=place)
        except (TypeError, ValueError, AttributeError) as within:
            return _unwritable(part, within, place)
    return CodecError(str(error) or "can't be written as JSON", path=path)
