"""Fixtures for tests of workflows; installing the library is enough to have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from . import testing
from .system import ActorSystem
from .testing import ManualClock


@pytest.fixture
def workflow_clock() -> ManualClock:
    """A clock that stands still until the test turns it: `workflow_clock.advance(…)`."""
    return ManualClock()


@pytest.fixture
def workflow_system(workflow_clock: ManualClock) -> Iterator[ActorSystem]:
    """An open system in memory that goes by `workflow_clock`, and is verified at the end."""
    with ActorSystem(clock=workflow_clock) as system:
        yield system
        system.settle()
        assert system.verify() == []


@pytest.fixture
def assert_transitions() -> Callable[..., None]:
    """The function that checks what has happened to a workflow; see `repertory.actors.testing`."""
    return testing.assert_transitions


@pytest.fixture
def workflow_file(tmp_path: Path) -> Path:
    """Where `workflow_file_system` keeps its workflows."""
    return tmp_path / "workflows.db"


@pytest.fixture
def workflow_file_system(workflow_file: Path, workflow_clock: ManualClock) -> Iterator[ActorSystem]:
    """An open system on a file, as `workflow_system` otherwise; close it to open it again."""
    system = ActorSystem(workflow_file, clock=workflow_clock, synchronous="OFF")
    with system:
        yield system
        if system.is_open:
            system.settle()
            assert system.verify() == []
