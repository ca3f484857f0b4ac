"""Document order: that in which a definition declares its states, each before what is in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from statemachine import State


def in_document_order(states: Iterable[State]) -> Iterator[State]:
    """These states, and after each of them what is within it; no history states."""
    for state in states:
        yield state
        yield from in_document_order(state.states)


def places(states: Iterable[State]) -> dict[Any, int]:
    """The place of each state in the document, by its value."""
    return {state.value: place for place, state in enumerate(in_document_order(states))}
