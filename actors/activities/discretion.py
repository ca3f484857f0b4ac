"""Keeps values that nobody may see out of what is stored and told of activities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from weakref import WeakSet

from msgspec.structs import replace

from .retry import Failure


class Discreet(Protocol):
    """What knows secret values by the names that stand for them."""

    def redact(self, text: str, names: Sequence[str]) -> str:
        """Return a text with names in the place of their values."""

    def redact_json(self, text: bytes, names: Sequence[str]) -> bytes:
        """Likewise for JSON."""


_known: WeakSet[Discreet] = WeakSet()
"""Values are the process's, as its environment is; a stored call has only their names."""


def know(secrets: Discreet) -> None:
    """Have the values kept out of activities that are started with their names."""
    _known.add(secrets)


def discreet_json(text: bytes, names: Sequence[str]) -> bytes:
    """Return JSON with the names of secrets in the place of their values."""
    for secrets in [*_known] if names else ():
        text = secrets.redact_json(text, names)
    return text


def discreet(outcome: bytes | Failure | None, names: Sequence[str]) -> bytes | Failure | None:
    """Return what came of an attempt with names in the place of secret values."""
    if isinstance(outcome, bytes):
        return discreet_json(outcome, names)
    if outcome is None or not names:
        return outcome
    message = outcome.message
    for secrets in [*_known]:
        message = secrets.redact(message, names)
    return outcome if message == outcome.message else replace(outcome, message=message)
