"""How wide a text is, measured without a font."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# Advance widths of Helvetica, in thousandths of the font size, from the space on. Arial and
# Liberation Sans share them; what a browser may take instead is a little wider at most.
_WIDTHS = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 "
    "556 556 556 556 278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 "
    "556 833 722 778 667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 333 556 "
    "556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 "
    "500 500 500 334 260 334 584 "
)
_ADVANCE = [int(width) for width in _WIDTHS.split()]
_SLACK = 1.08
_BOLD = 1.06


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """The width of a line of text in pixels, a little generously."""
    total = sum(_advance(character) for character in text)
    return total / 1000 * size * _SLACK * (_BOLD if bold else 1.0)


def _advance(character: str) -> int:
    index = ord(character) - 32
    if 0 <= index < len(_ADVANCE):
        return _ADVANCE[index]
    if unicodedata.combining(character):
        return 0
    return 1000 if unicodedata.east_asian_width(character) in "WF" else 640


def printable(text: str) -> str:
    """The text with each character that XML cannot hold replaced."""
    return "".join(
        character
        if character.isprintable() or (character.isspace() and character in " \u00a0")
        else "\ufffd"
        for character in text
    )
