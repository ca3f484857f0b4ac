"""Names: which ones can be used, and which one was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

_NAME = re.compile(r"[^\W\d][\w-]*")
_EVENT = re.compile(r"[^\W\d][\w-]*(\.[\w-]+)*")
_LONGEST = 100
_MOST_COMPARED = 300


def is_name(text: str) -> bool:
    """Tell whether a state, a workflow, an agent or an action may be called so."""
    return len(text) <= _LONGEST and _NAME.fullmatch(text) is not None


def is_event(text: str) -> bool:
    """Tell whether an event may be called so: a name, or several with dots between them."""
    return len(text) <= _LONGEST and _EVENT.fullmatch(text) is not None


def identifier(text: str) -> str:
    """Return a name for Python code that stands for another one."""
    return re.sub(r"\W", "_", text)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return how a sentence about an unknown name ends: with the one that was probably meant.

    Example:
        >>> "unknown key 'guard'" + nearest("guard", ["guards", "event"])
        "unknown key 'guard'; did you mean 'guards'?"
    """
    candidates = list(known)
    # Among very many names the nearest one is not worth the time that it takes.
    compared = candidates[:_MOST_COMPARED]
    by_folded = {candidate.casefold(): candidate for candidate in compared}
    found = get_close_matches(name[:_LONGEST].casefold(), by_folded, n=1)
    if found:
        return f"; did you mean {by_folded[found[0]]!r}?"
    if 0 < len(candidates) <= 12:
        return f"; there {'is' if len(candidates) == 1 else 'are'} {', '.join(candidates)}."
    return "."
