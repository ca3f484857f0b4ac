"""What comes of calling an activity's function: JSON, or the reason why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...persistence.codec import CodecError, encode_json
from .retry import Failure


def outcome_of(call: Callable[[], Any]) -> bytes | Failure:
    """Make a call; return its result as JSON, or why it failed."""
    try:
        return written(call())
    except BaseException as error:
        return Failure.of(error)


def written(result: Any) -> bytes | Failure:
    """Return a result as JSON, or that it can't be written so."""
    try:
        return encode_json(result)
    except CodecError as error:
        name = "SerializationFailed"
        message = f"what it returned can't be kept as JSON: {error}"
        return Failure(name, message, (name,), final=True)  # it would be the same again
