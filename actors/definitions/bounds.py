"""How much a document may hold, so that whatever it is, loading it ends soon."""

from __future__ import annotations

from .faults import Fault, FaultyDocument
from .source import Source

MOST_STATES = 2_000
MOST_TRANSITIONS = 20_000
MOST_GUARDS = 5_000
MOST_WORKFLOWS = 500


def check_number(source: Source, number: int, most: int, what: str) -> None:
    """Refuse a document that has more of something than any workflow has.

    Raises:
        FaultyDocument: it has.
    """
    if number > most:
        said = f"The document has more than {most:,} {what}, which no workflow needs; split it up."
        raise FaultyDocument([*source.faults, Fault(said, "", source.name)])
