"""In a test, another function stands in for an activity: what it keeps, and when it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from repertory.actors import ActorSystem, RetryPolicy, State, Workflow, activity, current_activity
from repertory.actors.errors import UnknownActivity
from repertory.actors.testing import ManualClock, replaced

TWICE = RetryPolicy(first=60, jitter=0, attempts=2)


@activity(retry=TWICE, on="process")
def bill(card: str) -> str:
    return f"really billed {card}"


def pack(card: str) -> str:
    return f"really packed for {card}"


class Sale(Workflow):
    workflow_name = "sale-replaced"
    new, packing = State(initial=True), State(invoke=pack)
    billed, broken = State(final=True), State(final=True)
    pay = new.to.itself(internal=True)
    charged = new.to(packing)
    refused = new.to(broken)
    done_invoke_packing = packing.to(billed)

    class Context:
        card: str = "1234"
        did: list[str] = []

    def on_pay(self) -> None:
        self.start_activity(bill, self.context.card, done=Sale.charged, failed=Sale.refused)

    def on_charged(self, result: str) -> None:
        self.context.did.append(result)

    def on_done_invoke_packing(self, data: str) -> None:
        self.context.did.append(data)


def sold(system: ActorSystem) -> list[str]:
    sale = system.start(Sale)
    sale.ask("pay")
    system.settle()
    did: list[str] = sale.context.did
    return did


async def packed_async(card: str) -> str:
    return f"async for {card}"


def test_another_function_runs_until_the_end_of_the_block(
    workflow_system: ActorSystem,
) -> None:
    with replaced(bill, lambda card: f"fake for {card}"), replaced(pack, packed_async):
        assert sold(workflow_system) == ["fake for 1234", "async for 1234"]
        with replaced("bill", lambda card: "inner"):
            assert sold(workflow_system)[0] == "inner"
        assert sold(workflow_system)[0] == "fake for 1234"
    with replaced(bill, lambda card: "again"):
        assert sold(workflow_system) == ["again", "really packed for 1234"]


def test_it_has_the_name_and_the_terms_of_the_other(
    workflow_system: ActorSystem, workflow_clock: ManualClock
) -> None:
    attempts: list[tuple[str, int]] = []

    def fail(card: str) -> str:
        attempts.append((current_activity().name, current_activity().attempt))
        raise ConnectionError("the bank does not answer")

    with replaced(bill, fail):
        sale = workflow_system.start(Sale)
        sale.ask("pay")
        workflow_clock.advance(59)
        assert attempts == [("bill", 1)]
        workflow_clock.advance(1)
        assert (sale.state, attempts) == ("broken", [("bill", 1), ("bill", 2)])


def test_what_is_no_activity_is_not_replaced() -> None:
    with pytest.raises(UnknownActivity, match="print is no activity"), replaced(print, print):
        pass


def test_the_fixture_does_so_until_the_test_ends(
    workflow_system: ActorSystem, replace_activity: Callable[..., Any]
) -> None:
    replace_activity(bill, lambda card: "fake")
    replace_activity(pack, lambda card: "packed")
    assert sold(workflow_system) == ["fake", "packed"]
