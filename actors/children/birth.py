"""What the store keeps of a child while its parent waits for it."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from ...persistence.codec import CodecError
from ...persistence.records import Message, MessageKind

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


Group: TypeAlias = tuple[int, str]
"""Children that were started together: by which step, and what their parent calls them."""


class _Member(msgspec.Struct, frozen=True):
    """Of a `Birth` what tells whose member it is; the context is passed over."""

    group: str | None = None


_decode_member = msgspec.json.Decoder(_Member).decode


def group_of(message: Message) -> Group | None:
    """Return the group that a message is a child of, or None."""
    if message.kind is not MessageKind.CHILD:
        return None
    try:
        group = _decode_member(message.data or b"").group
    except (msgspec.MsgspecError, ValueError):
        return None  # it can't be born either, and whoever tries says so
    return None if group is None else (message.sequence, group)
