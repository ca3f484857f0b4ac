"""Reads a document of another tool, whichever it is."""

from __future__ import annotations

from ..draft import Draft
from ..faults import Fault, FaultyDocument
from ..model import Document
from .documents import Foreign
from .scxml_reader import read_scxml
from .xstate_reader import is_xstate, read_xstate


def read_foreign(source: Foreign) -> tuple[Document, list[Draft]]:
    """Read SCXML or XState's JSON, noting what is wrong with it as `source.faults`.

    Raises:
        FaultyDocument: it is neither.
    """
    if "scxml" in source.data and not isinstance(source.data["scxml"], dict):
        return read_scxml(source)
    if is_xstate(source.data):
        return read_xstate(source)
    what = "This is no machine of XState: it has no 'states'; export it as JSON of version 5."
    raise FaultyDocument([*source.faults, Fault(what, "", source.name)])
