"""What the store keeps of a child while its parent waits for it."""

from __future__ import annotations

from typing import Any

import msgspec

from ...persistence.codec import CodecError

_encode = msgspec.json.Encoder().encode


class Birth(msgspec.Struct, frozen=True, omit_defaults=True):
    """A child that was started, as it is written with the step that starts it.

    Attributes:
        id: the child's id.
        type: the name under which its class is stored.
        context: the context it begins with, as plain JSON data.
        failed: the event that tells the parent of its failure; None: the one for its end does.
        group: what the parent calls all that were started together, or None.
        size: how many those are.
        join: after how many of them the parent is told so.
        joined: the event that tells it, or None.
        abandoned: whether it goes on when the parent ends, or no longer waits for it.
    """

    id: str
    type: str
    context: Any = None
    failed: str | None = None
    group: str | None = None
    size: int = 0
    join: int = 0
    joined: str | None = None
    abandoned: bool = False

    def encode(self) -> bytes:
        """Return it as JSON."""
        return _encode(self)


_decode = msgspec.json.Decoder(Birth).decode


def read_birth(data: bytes | None) -> Birth:
    """Return the child that a stored message is about.

    Raises:
        CodecError: it is about none.
    """
    try:
        return _decode(data or b"")
    except (msgspec.MsgspecError, ValueError) as error:
        raise CodecError(f"not a child: {error}") from error
