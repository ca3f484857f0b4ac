"""A system to test on, over each kind of store: those of our own plugin."""

from __future__ import annotations

from pathlib import Path

import pytest
from repertory.actors import ActorSystem


@pytest.fixture
def system(path: Path | None, request: pytest.FixtureRequest) -> ActorSystem:
    """A running system, over each kind of store."""
    name = "workflow_system" if path is None else "workflow_file_system"
    system: ActorSystem = request.getfixturevalue(name)
    return system
