"""The checksum that chains a workflow's history, so that damage shows.

Each entry's checksum covers the entry, the workflow it belongs to and the checksum before it: a
changed byte, a missing row or one put in breaks the chain at that place. It finds damage; it is
no signature against somebody who may write to the file.
"""

from __future__ import annotations

from hashlib import blake2b

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
    try:
        body = _body(previous, workflow_id, entry)
    except UnicodeEncodeError:
        # No store takes a step with such text: refused there, its workflow is set back as after
        # any step that was not written.
        return START
    return blake2b(body, digest_size=8).digest()


def _body(previous: bytes, workflow_id: str, entry: Entry) -> bytes:
    return _encode(
        (
            previous,
            workflow_id,
            entry.sequence,
            entry.kind,
            entry.at,
            entry.event,
            entry.data,
            entry.key,
            entry.source,
            entry.target,
            entry.duration,
            entry.history,
            entry.context,
            entry.result,
            entry.error,
            entry.details,
        )
    )
