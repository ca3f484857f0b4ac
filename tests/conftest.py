"""What holds for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from repertory.actors import ActorSystem, known
from repertory.actors.testing import ManualClock

# How long an example takes says more of the machine than of the code.
settings.register_profile("repertory", deadline=None)
settings.load_profile("repertory")


@pytest.fixture
def clock(workflow_clock: ManualClock) -> ManualClock:
    """The clock of our own plugin, which has all the systems below go by it."""
    return workflow_clock


@pytest.fixture
def file(workflow_file: Path) -> Path:
    """A file for a store that is opened more than once."""
    return workflow_file


@pytest.fixture(params=["memory", "sqlite"])
def path(request: pytest.FixtureRequest, file: Path) -> Path | None:
    """Where a system keeps its workflows: nowhere, or in a file."""
    return file if request.param == "sqlite" else None


@pytest.fixture
def system(path: Path | None, request: pytest.FixtureRequest) -> ActorSystem:
    """A running system, over each kind of store."""
    name = "workflow_system" if path is None else "workflow_file_system"
    system: ActorSystem = request.getfixturevalue(name)
    return system


@pytest.fixture(autouse=True)
def classes_of_one_test_alone() -> Iterator[None]:
    """Forget the classes that a test has defined: another one may call its own the same."""
    before = {id(one) for one in known.known_classes()}
    yield
    for one in known.known_classes():
        if id(one) not in before and "<locals>" in one.__qualname__:
            known.forget(one)
