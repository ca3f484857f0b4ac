"""What is exported and loaded again is the same chart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from repertory.actors import load_definitions
from repertory.actors.definitions import FaultyDocument
from repertory.actors.definitions.interchange import definition_of, to_scxml, to_xstate
from repertory.actors.fingerprint import fingerprint

from ..definitions.samples import ENVIRONMENT, ORDER, SWARM, needs_swarm
from .charts import documents

FORMATS = pytest.mark.parametrize("export", [to_scxml, to_xstate])


def again(workflow: Any, export: Callable[[Any], str]) -> Any:
    """Export a workflow and load it again."""
    try:
        (loaded,) = load_definitions(export(workflow).encode(), environment=ENVIRONMENT).values()
    except FaultyDocument as error:
        raise AssertionError(f"{export(workflow)}\n{error}") from error
    return loaded


def assert_same(workflow: Any, loaded: Any) -> None:
    assert definition_of(loaded) == definition_of(workflow)
    assert fingerprint(loaded) == fingerprint(workflow)


@FORMATS
@given(documents())
def test_what_is_exported_and_loaded_again_is_the_same_chart(
    export: Callable[[Any], str], document: str
) -> None:
    (workflow,) = load_definitions(document, environment=ENVIRONMENT).values()
    assert_same(workflow, again(workflow, export))


@FORMATS
def test_an_order_is_the_same_again(export: Callable[[Any], str]) -> None:
    (workflow,) = load_definitions(ORDER).values()
    assert_same(workflow, again(workflow, export))


@needs_swarm
@FORMATS
@pytest.mark.parametrize("name", ["code_review.toml", "parallel_processing.toml"])
def test_swarm_files_are_the_same_again(export: Callable[[Any], str], name: str) -> None:
    for workflow in load_definitions(SWARM / name, environment=ENVIRONMENT).values():
        assert_same(workflow, again(workflow, export))
