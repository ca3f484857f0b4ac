"""Names for the text formats, which allow fewer ids than a statechart does."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .model import Node

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def plain_names(nodes: Iterable[Node], reserved: frozenset[str]) -> dict[Node, str]:
    """Give each state a name of plain letters that no other has, its id where it can be."""
    names: dict[Node, str] = {}
    given: set[str] = set()
    for node in nodes:
        name = node.id
        if not _PLAIN.fullmatch(name) or name.lower() in reserved:
            name = "state_" + re.sub(r"[^A-Za-z0-9_]", "_", name)
        number = 2
        unique = name
        while unique in given:
            unique, number = f"{name}_{number}", number + 1
        given.add(unique)
        names[node] = unique
    return names
