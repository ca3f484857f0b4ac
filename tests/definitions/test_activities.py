"""Actions that are activities run outside the step, as often as the document's retry says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from repertory.actors import ActorSystem, activity, load_definitions
from repertory.actors.runtime import ManualClock

TEXT = """\
workflow = "document_reviewing"
retry = { limit = 2, backoff = 60 }

[context]
change = "string"
findings = 0

[states.submitted]
on.analyze = { to = "analyzing" }

[states.analyzing]
enter = "documented_scan"
on.documented_scan_done = { to = "reviewed", do = "note" }
on.documented_scan_failed = "stuck"

[states.reviewed]
final = true

[states.stuck]
final = true
"""
CALLS: list[tuple[str, int]] = []
FAILURES = [0]


@activity
def documented_scan(change: str, depth: int) -> int:
    CALLS.append((change, depth))
    if FAILURES[0] > 0:
        FAILURES[0] -= 1
        raise ConnectionError("the scanner is away")
    return len(change)


def note(workflow: Any, result: int) -> None:
    workflow.context.findings = result


@pytest.fixture(autouse=True)
def calls() -> Iterator[None]:
    CALLS.clear()
    yield
    FAILURES[0] = 0


def reviewing(system: ActorSystem, text: str = TEXT) -> Any:
    actions = {"documented_scan": documented_scan, "note": note}
    workflow = load_definitions(text, actions=actions)["document_reviewing"]
    ref = system.start(workflow, context={"change": "abc"})
    ref.ask("analyze", depth=3)
    system.settle()
    return ref


def test_its_arguments_are_of_the_event_and_the_context_and_its_result_is_an_event() -> None:
    with ActorSystem() as system:
        ref = reviewing(system)
        assert (ref.wait_for("reviewed", timeout=60).context.findings, CALLS) == (3, [("abc", 3)])


def test_it_is_tried_again_as_often_and_after_as_long_as_the_document_says() -> None:
    FAILURES[0] = 2
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    with ActorSystem(clock=clock) as system:
        ref = reviewing(system)
        for attempts in (1, 2):
            assert (ref.state, len(CALLS)) == ("analyzing", attempts)
            clock.advance(60)
            system.settle()
        assert (ref.wait_for("reviewed", timeout=60).state, len(CALLS)) == ("reviewed", 3)


def test_when_it_has_failed_for_good_the_event_for_that_comes() -> None:
    FAILURES[0] = 10
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    with ActorSystem(clock=clock) as system:
        ref = reviewing(system)
        for _ in range(2):
            clock.advance(60)
            system.settle()
        assert ref.wait_for("stuck", timeout=60).state == "stuck"
        assert len(CALLS) == 3


def test_without_a_retry_the_activity_has_its_own() -> None:
    FAILURES[0] = 1
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    with ActorSystem(clock=clock) as system:
        ref = reviewing(system, TEXT.replace("retry = { limit = 2, backoff = 60 }\n", ""))
        clock.advance(1)
        system.settle()
        assert ref.wait_for("reviewed", timeout=60).state == "reviewed"
