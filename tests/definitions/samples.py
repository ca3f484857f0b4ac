"""Documents and helpers that several tests use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from repertory.actors import load_definitions
from repertory.actors.definitions.expression import tokens_of
from repertory.actors.definitions.work import Work
from repertory.actors.errors import FaultyDocument
from repertory.actors.results import Definitions, Fault

SWARM = Path(__file__).resolve().parents[3] / "shared" / "data" / "swarm"
RUNNING = {
    "code_review.toml",
    "generated_parallel_review.toml",
    "generated_simple_approval.toml",
    "parallel_processing.toml",
    "simple_approval.toml",
}
ENVIRONMENT = {
    "SLACK_WEBHOOK_URL": "https://hooks.example/T0P5ECRET",
    "GITHUB_TOKEN": "ghp_0123456",
}

needs_swarm = pytest.mark.skipif(not SWARM.is_dir(), reason="the six files are not beside here")

HEAD = """\
[metadata]
version = "1.0"
name = "Example"
description = "An example"

[agents.coder]
model = "m"

[agents.tester]
model = "m"

[resources.api]
type = "http"
endpoint = "https://api.example"

[[workflows]]
name = "document_example"
[workflows.metadata]
initial_state = "A"
"""

TWO_STATES = """
[workflows.states.A]
description = "a"
handlers = [{ event = "go", target = "B" }]

[workflows.states.B]
description = "b"
terminal = true
"""

ORDER = """\
workflow = "document_order"

[context]
total = "integer"
received = 0

[guards]
covered = "context.received + event.amount >= context.total"

[states.basket]
on.pay = [{ to = "paid", if = "covered", do = "book" }, { do = "book" }]
on.cancel = "cancelled"

[states.paid]
enter = "confirm"
on.ship = "shipped"

[states.shipped]
final = true

[states.cancelled]
final = true
"""


def book(workflow: Any, amount: int) -> int:
    """Book a payment."""
    workflow.context.received += amount
    received: int = workflow.context.received
    return received


def load(text: str, **options: Any) -> Definitions:
    """Load a text with actions that do nothing."""
    options.setdefault("actions", Anything())
    options.setdefault("environment", ENVIRONMENT)
    return load_definitions(text, **options)


class Anything(dict[str, Any]):
    """A mapping in which every action does nothing."""

    def get(self, name: str, default: Any = None) -> Any:
        """Return a function for any name."""
        return super().get(name) or (lambda workflow: None)


def faults(text: str | bytes, **options: Any) -> list[Fault]:
    """Return what is wrong with a text."""
    options.setdefault("environment", ENVIRONMENT)
    if isinstance(text, str):
        text = text.encode()
    with pytest.raises(FaultyDocument) as caught:
        load_definitions(text, **options)
    return list(caught.value.faults)


def only_fault(text: str | bytes, **options: Any) -> Fault:
    """Return the one thing that is wrong with a text."""
    found = faults(text, **options)
    assert len(found) == 1, [str(fault) for fault in found]
    return found[0]


def at(text: str, mark: str, number: int = 0) -> tuple[int, int]:
    """Return line and column of a mark in a text."""
    start = -1
    for _ in range(number + 1):
        start = text.index(mark, start + 1)
    return text.count("\n", 0, start) + 1, start - (text.rfind("\n", 0, start) + 1) + 1


def amount_of(guard: str) -> int:
    """Return how much work a guard is reckoned to be for texts of 8 KB and a list of 500 items."""
    return Work.of(tokens_of(guard), 0).amount(8_000, 500, 3_000)
