"""The mark of a row, so that damage shows also where no entry's checksum covers it.

The history is chained (see `chain`). What stands beside it is not, and can be changed: where a
workflow is now, a checkpoint from which retention has left off, messages and timers under way,
cursors, definitions. Each such row has a mark over what else is in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from zlib import crc32

import msgspec

_pack = msgspec.msgpack.Encoder().encode


def mark_of(*values: Any) -> int:
    """Return the mark of a row. Each step pays for one, so it is a CRC of 32 bits.

    Arguments:
        values: what is in the row: text, integers of 64 bits and None; JSON as bytes.
    """
    return crc32(_pack(values))


CHECKSUM = 8
"""Bytes of an entry's checksum; in the file the mark of its number follows on them."""


def numbered(id: int, checksum: bytes) -> bytes:
    """Return an entry's checksum with the mark of its number in the order of commits.

    The number is given when the entry is written, and so is not in what is chained.
    """
    return b"%b%b" % (checksum, crc32(b"%d" % id, crc32(checksum)).to_bytes(4))


def wrong(rows: Iterator[tuple[Any, ...]], texts: Sequence[bool]) -> Iterator[str]:
    """Yield the names of rows that are not what was written.

    Arguments:
        rows: name, mark and values of each; text as UTF-8, since damaged text may be none.
        texts: which of the values are text.
    """
    for name, mark, *values in rows:
        written = (
            _text(value) if text else value for value, text in zip(values, texts, strict=True)
        )
        if mark_of(*written) != mark:
            yield repr(_text(name))


def _text(value: Any) -> Any:
    return value.decode(errors="replace") if isinstance(value, bytes) else value
