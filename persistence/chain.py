"""The checksum that chains a workflow's history, so that damage shows.

Each entry's checksum covers the entry, the workflow it belongs to and the checksum before it: a
changed byte, a missing row or one put in breaks the chain at that place. It finds damage; it is
no signature against somebody who may write to the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import msgspec

from .records import Entry

START = b"\0" * 8
"""The checksum before the first entry of a workflow."""

_encode = msgspec.msgpack.Encoder().encode


def checksum(previous: bytes, workflow_id: str, entry: Entry) -> bytes:
    """Return the checksum of an entry: 8 bytes.

    Arguments:
        previous: the checksum of the entry before, or `START`.
        workflow_id: the workflow that the entry belongs to.
        entry: the entry; its own `checksum` and `id` do not count.
    """
    *content, _checksum, _id = msgspec.structs.astuple(entry)
    return _digest(previous, workflow_id, content)


def chained(previous: bytes, workflow_id: str, *content: Any) -> Entry:
    """Return an entry with its checksum, which is worked out from what is to be in it.

    Arguments:
        previous: the checksum of the entry before, or `START`.
        workflow_id: the workflow that the entry belongs to.
        content: what an `Entry` has before its checksum, in that order.
    """
    return Entry(*(*content, _digest(previous, workflow_id, content)))


def _digest(previous: bytes, workflow_id: str, content: Sequence[Any]) -> bytes:
    try:
        body = _encode((previous, workflow_id, *content))
    except UnicodeEncodeError:
        # No store takes a step with such text: refused there, its workflow is set back as after
        # any step that was not written.
        return START
    return blake2b(body, digest_size=8).digest()
