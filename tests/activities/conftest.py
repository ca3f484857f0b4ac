"""Systems to run activities on: one in memory, one on a file; and the world outside."""

from __future__ import annotations

from pathlib import Path

import pytest
from repertory.actors.runtime import ManualClock

from .outside import outside

__all__ = ["outside"]


@pytest.fixture(params=["memory", "sqlite"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    """Where the system keeps its workflows: nowhere, or in a file."""
    return tmp_path / "store.db" if request.param == "sqlite" else None


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file for a store that is opened more than once."""
    return tmp_path / "store.db"


@pytest.fixture
def clock() -> ManualClock:
    """A clock that the test turns."""
    return ManualClock()
