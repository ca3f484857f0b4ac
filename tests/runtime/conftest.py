"""A runtime for each test, which must end with it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from repertory.actors.runtime import ManualClock, Runtime


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def runtime(clock: ManualClock) -> Iterator[Runtime]:
    """A runtime with two workers; after the test no thread and no actor may be left."""
    runtime = Runtime("test", workers=2, clock=clock)
    yield runtime
    assert runtime.shutdown(timeout=20)
    assert not runtime.registry
    assert [t.name for t in threading.enumerate() if t.name.startswith("test-")] == []
