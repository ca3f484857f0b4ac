"""What holds for every test."""

from collections.abc import Iterator

import pytest
from hypothesis import settings
from repertory.actors import known

# How long an example takes says more of the machine than of the code.
settings.register_profile("repertory", deadline=None)
settings.load_profile("repertory")


@pytest.fixture(autouse=True)
def classes_of_one_test_alone() -> Iterator[None]:
    """Forget the classes that a test has defined: another one may call its own the same."""
    before = {id(one) for one in known.known_classes()}
    yield
    for one in known.known_classes():
        if id(one) not in before and "<locals>" in one.__qualname__:
            known.forget(one)
