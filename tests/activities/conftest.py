"""The world outside, and a clock that does not wait for what a test holds up in it."""

from __future__ import annotations

import pytest
from repertory.actors.runtime import ManualClock

from .outside import outside

__all__ = ["outside"]


@pytest.fixture
def clock() -> ManualClock:
    """A clock that the test turns."""
    return ManualClock()
