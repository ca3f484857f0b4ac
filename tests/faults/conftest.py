"""The scenario, recorded once for all tests of a process."""

from __future__ import annotations

from pathlib import Path

import pytest

from .recording import Recording
from .scenario import record
from .vfs import watched_by, why_unavailable


@pytest.fixture(scope="session")
def _reached() -> None:
    if why := why_unavailable():
        # As a library of its own, as on Debian, it can be reached, and must be.
        maps = Path("/proc/self/maps")
        assert not maps.exists() or "libsqlite3" not in maps.read_text(), why
        pytest.skip(f"SQLite's files can't be watched here. {why}")


@pytest.fixture(scope="session")
def recording(_reached: None, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    made = Recording()
    with watched_by(made):
        record(tmp_path_factory.mktemp("recorded") / "store.db", made.note)
    return made


@pytest.fixture
def file(_reached: None, tmp_path: Path) -> Path:
    return tmp_path / "store.db"
