"""The mark of a row, so that damage shows also where no entry's checksum covers it.

The history is chained (see `chain`). What stands beside it is not, and can be changed: where a
workflow is now, a checkpoint from which retention has left off, messages and timers under way,
cursors, definitions. Each such row has a mark over what else is in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

import msgspec

_pack = msgspec.msgpack.Encoder().encode


def mark_of(*values: Any) -> bytes:
    """Return the mark of a row: 8 bytes.

    Text and its UTF-8 give the same.

    Arguments:
        values: what is in the row: texts, bytes, integers of 64 bits and None.
    """
    return blake2b(
        _pack([value.encode() if type(value) is str else value for value in values]),
        digest_size=8,
    ).digest()


def wrong(rows: Iterable[tuple[Any, ...]]) -> Iterable[str]:
    """Yield the names of rows that are not what was written.

    Arguments:
        rows: name, mark and values of each.
    """
    for name, mark, *values in rows:
        if mark_of(*values) != mark:
            yield repr(name.decode(errors="replace") if isinstance(name, bytes) else name)
