"""Systems to test on: one in memory, one on a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from repertory.actors import ActorSystem


@pytest.fixture(params=["memory", "sqlite"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    """Where the system keeps its workflows: nowhere, or in a file."""
    return tmp_path / "store.db" if request.param == "sqlite" else None


@pytest.fixture
def system(path: Path | None) -> Iterator[ActorSystem]:
    """A running system, over each kind of store."""
    with ActorSystem(path, synchronous="OFF") as running:
        yield running
        assert running.verify() == []


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file for a store that is opened more than once."""
    return tmp_path / "store.db"
