"""What is wrong with what was asked for on the command line."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from ...persistence.errors import RepertoryError


class CommandFailed(RepertoryError):
    """What was asked for can't be done, and why. The caller's fault."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return how a sentence about an unknown name ends: with the one that looks like it.

    Example:
        >>> "no event 'shp'" + nearest("shp", ["ship", "pay"])
        "no event 'shp'; did you mean 'ship'?"
    """
    by_folded = {candidate.casefold(): candidate for candidate in known}
    found = get_close_matches(name.casefold(), by_folded, n=1)
    return f"; did you mean {by_folded[found[0]]!r}?" if found else "."


def listed(names: Iterable[str], most: int = 12) -> str:
    """Return names as a list to read, cut when there are too many of them."""
    found = sorted(names)
    rest = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + rest
