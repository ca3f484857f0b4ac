"""The real log and the chart that was drawn from it, replayed once for all tests."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from repertory.actors.cli.eventlog import LogEvent, read_log
from statemachine.exceptions import TransitionNotAllowed

EXAMPLES = Path(__file__).parents[2] / "examples"
# What a case can do next depends on its states and on the advice that its round already had.
Situation = tuple[frozenset[str], frozenset[str]]


@dataclass
class Replay:
    """What came of a replay: cases, refusals, and what was possible against what was done."""

    cases: dict[str, Any] = field(default_factory=dict)
    traces: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    refused: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    reached: set[str] = field(default_factory=set)
    visits: Counter[Situation] = field(default_factory=Counter)
    possible: dict[Situation, set[str]] = field(default_factory=dict)
    done: dict[Situation, set[str]] = field(default_factory=lambda: defaultdict(set))
    closed: set[str] = field(default_factory=set)


@pytest.fixture(scope="session")
def permit_log() -> Path:
    return EXAMPLES / "data" / "permits.csv.gz"


@pytest.fixture(scope="session")
def permits() -> Any:
    spec = importlib.util.spec_from_file_location("examples_permits", EXAMPLES / "permits.py")
    assert spec is not None and spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def replay(permits: Any, permit_log: Path) -> Replay:
    """Send every event of the log to its case, and `close` to each at the end."""
    chart = permits.PermitApplication
    event_ids = {event.name: event.id for event in chart.events}
    result = Replay()
    for event in read_log(permit_log):
        if event.case not in result.cases:
            result.cases[event.case] = chart()
        _step(result, result.cases[event.case], event, event_ids)
    for name, case in result.cases.items():
        try:
            case.send("close")
        except TransitionNotAllowed:
            continue
        result.closed.add(name)
        result.reached |= set(case.configuration_values)
    return result


def _step(result: Replay, case: Any, event: LogEvent, event_ids: dict[str, str]) -> None:
    situation = frozenset(case.configuration_values), frozenset(case.context.advice)
    result.reached |= situation[0]
    if situation not in result.possible:
        ids = set(event_ids.values()) - {"close"}
        result.possible[situation] = ids & {
            e.id for e in case.enabled_events() if not e.id.startswith("done")
        }
    activity = event_ids[event.activity]
    result.traces[event.case].append(activity)
    result.visits[situation] += 1
    try:
        case.send(activity, timestamp=event.timestamp, **event.data)
    except TransitionNotAllowed:
        result.refused[event.case].append(activity)
    else:
        result.done[situation].add(activity)
        result.reached |= set(case.configuration_values)
