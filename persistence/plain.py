"""JSON that is kept exactly: what would come back different is refused, with its place.

JSON has no NaN, no tuple and no key but a string, and a codec that quietly writes null, a list or
"1" for these gives back another value than the one it was given. Nothing here does.
"""

from __future__ import annotations

import dataclasses
import marshal
import math
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from enum import Enum
from typing import Any

import msgspec

from .changes import Json


class CodecError(ValueError):
    """A value can't be kept as JSON, or does not fit its type.

    Attributes:
        path: where in the value, such as `items[2].price`; empty for the whole.
        reason: what is wrong there, without the path.
    """

    def __init__(self, reason: str, *, path: str = "") -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path
        self.reason = reason


def _model(value: Any) -> Any:
    # The one hook msgspec has for what it doesn't know: pydantic models know their own JSON.
    if hasattr(type(value), "__pydantic_serializer__"):
        return value.model_dump(mode="json")
    raise NotImplementedError


_encode = msgspec.json.Encoder().encode
_encode_any = msgspec.json.Encoder(enc_hook=_model).encode
_decode = msgspec.json.Decoder().decode
_FAILS = (TypeError, ValueError, RecursionError, NotImplementedError)
"""What msgspec raises on what it can't write, UnicodeEncodeError and OverflowError among it."""


def decode_json(data: bytes) -> Json:
    """Return the value of JSON text.

    Raises:
        CodecError: it is no JSON.

    Example:
        >>> decode_json(b'{"amount":30}')
        {'amount': 30}
    """
    try:
        return _decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise CodecError(f"not JSON: {error}") from error


def encode_json(value: Any) -> bytes:
    """Return event data, or a result, as JSON text.

    Besides plain JSON this takes what has one usual form in it, and keeps that form: enum members
    (their value), dates, times and durations (ISO 8601), UUIDs and decimals (text), bytes
    (base64), tuples and sets (arrays), dataclasses, msgspec Structs and pydantic models (objects).

    Raises:
        CodecError: NaN or an infinity, a key that is no string, text with half a surrogate pair,
            or an object of any other type; the path says where.

    Example:
        >>> encode_json({"amount": 30, "due": date(2027, 1, 31)})
        b'{"amount":30,"due":"2027-01-31"}'
    """
    try:
        data = _encode_any(value)
        # Nearly all data is plain JSON, which comes back equal: nothing was changed in silence.
        if _decode(data) == value:
            return data
    except _FAILS as error:
        explain(value, _json_form)
        raise CodecError(str(error) or "this can't be written as JSON") from error
    explain(value, _json_form)
    return data


def exact(value: Any) -> tuple[bytes, Json]:
    """Return plain JSON as text and as a copy; what is not plain already is refused.

    Raises:
        CodecError: something that would not come back as it is.
    """
    try:
        data = _encode(value)
        copy: Json = _decode(data)
    except _FAILS as error:
        explain(value, no_other)
        raise CodecError(str(error) or "this can't be written as JSON") from error
    if copy != value or not builtin(value):
        explain(value, no_other)
    return data, copy


def builtin(value: Any) -> bool:
    """Whether all within is of exactly the built-in types, no subclass among them."""
    try:
        # C code that takes no subclass; a StrEnum or defaultdict is equal to its plain copy.
        return bool(marshal.dumps(value, 2))
    except ValueError:
        return False


Other = Callable[[Any, str], Any]
"""Given a value that is not plain JSON, and its path: its parts to look at, or a CodecError."""


def explain(value: Any, other: Other, path: str = "") -> None:
    """Look for what is not plain JSON, in full; slow, so run only when something is.

    Raises:
        CodecError: the first thing found, with its path.
    """
    try:
        check(value, path, other)
    except RecursionError as error:
        raise CodecError("nested too deeply, or it contains itself", path=path) from error


def check(value: Any, path: str, other: Other) -> None:
    """Look for what is not plain JSON, as `explain` does."""
    kind = type(value)
    if value is None or kind is bool:
        return
    if kind is int:
        try:
            str(value)
        except ValueError as error:
            raise CodecError(f"an integer too long for JSON: {error}", path=path) from error
    elif kind is float:
        if not math.isfinite(value):
            raise CodecError(f"{value} has no form in JSON; use None, or text", path=path)
    elif kind is str:
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise CodecError(f"{value!r} has half a surrogate pair", path=path) from error
    elif kind is list:
        for index, item in enumerate(value):
            check(item, f"{path}[{index}]", other)
    elif kind is dict:
        for key, item in value.items():
            if not isinstance(key, str):
                raise CodecError(
                    f"the key {key!r} is of type {type(key).__name__}, and JSON has text keys only",
                    path=path,
                )
            if type(key) is not str:
                other(key, path)
            check(str(key), path, other)
            check(item, join(path, key), other)
    else:
        parts = other(value, path)
        if isinstance(parts, dict):
            for name, item in parts.items():
                check(item, join(path, name), other)
        elif parts is not None:
            for index, item in enumerate(parts):
                check(item, f"{path}[{index}]", other)


def join(path: str, name: object) -> str:
    """Return the path of a part of what is at `path`."""
    return f"{path}.{name}" if path else str(name)


def refuse_unknown(values: Mapping[str, Any], known: set[str], cls: type) -> None:
    """Refuse a field that the type does not declare.

    Raises:
        CodecError: it suggests the nearest name there is.
    """
    for name in values:
        if name not in known:
            raise CodecError(
                f"{cls.__name__} has no such field" + nearest(name, known), path=str(name)
            )


def nearest(name: str, known: Any) -> str:
    """Return "; did you mean …?" when a known name is near, else nothing."""
    near = get_close_matches(str(name), list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def no_other(value: Any, path: str) -> Any:
    kind = type(value).__name__
    if isinstance(value, tuple):
        advice = "would come back as a list; use a list"
    elif isinstance(value, set | frozenset):
        advice = "would come back as a list; use a list, or a dict with its members as keys"
    elif isinstance(value, Enum):
        advice = "would come back as its value; keep the value, or declare a typed Context"
    else:
        advice = "would not come back as one; keep plain JSON, or declare a typed Context"
    raise CodecError(f"{value!r:.60} of type {kind} {advice}", path=path)


def _json_form(value: Any, path: str) -> Any:
    """Allow what msgspec writes in its one usual form; return what is within it."""
    if isinstance(value, tuple | set | frozenset | list):
        return list(value)
    if isinstance(value, Enum):
        return [value.value]
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, msgspec.Struct):
        return msgspec.structs.asdict(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name, None) for f in dataclasses.fields(value)}
    if hasattr(type(value), "__pydantic_serializer__"):
        return value.model_dump(mode="json")
    try:
        _encode(value)
    except _FAILS as error:
        raise CodecError(
            f"{value!r:.60} of type {type(value).__name__} has no form in JSON; give text, "
            "numbers, lists and dicts",
            path=path,
        ) from error
    return None
