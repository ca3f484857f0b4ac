"""Reads a document of another tool, whichever it is."""

from __future__ import annotations

from ..draft import Draft
from ..faults import Fault, FaultyDocument
from ..model import Document
from .documents import Element, Foreign
from .scxml_reader import read_scxml
from .statechart_reader import is_statechart, read_statechart
from .xstate_reader import is_xstate, read_xstate


def read_foreign(source: Foreign) -> tuple[Document, list[Draft]]:
    """Read a document of another tool, noting what is wrong with it as `source.faults`.

    Raises:
        FaultyDocument: it is none of them.
    """
    if isinstance(source.data.get("scxml"), Element):
        return read_scxml(source)
    if is_statechart(source.data):
        return read_statechart(source)
    if is_xstate(source.data):
        return read_xstate(source)
    what = "This is no statechart: it has no 'states'; give it some, or export it from XState 5."
    raise FaultyDocument([*source.faults, Fault(what, "", source.name)])
