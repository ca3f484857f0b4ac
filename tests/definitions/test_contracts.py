"""Contracts: an event's data against its input, a result against its output."""

from __future__ import annotations

from typing import Any

import pytest
from repertory.actors import ActorSystem, RetryPolicy, activity, load_definitions
from repertory.actors.definitions import unused_contracts
from repertory.actors.errors import HandlerFailed

from .samples import HEAD, TWO_STATES, Anything, only_fault

EVENT = """\
workflow = "contracted"

[states.a]
on.review = { to = "b", do = "judge" }
on.skip = "b"

[states.b]
enter = "tell"
on.back = "a"
on.over = "c"

[states.c]
final = true

[contracts.review.input]
diff = "string"
language = "enum:['rust', 'python']"
hints = "optional:array<string>"

[contracts.review.output]
approved = "boolean"

[contracts.tell.input]
who = "string"
"""


def contracted(**actions: Any) -> Any:
    return load_definitions(EVENT, actions=Anything(actions))["contracted"]


def broken(caught: pytest.ExceptionInfo[HandlerFailed]) -> str:
    assert caught.value.error_type == "ContractBroken"
    return str(caught.value.__cause__)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({}, "'review' does not allow what goes in: object missing required field diff"),
        ({"diff": 1, "language": "rust"}, "expected str, got int, at diff"),
        ({"diff": "d", "language": "js"}, "invalid enum value 'js'"),
        ({"diff": "d", "language": "rust", "hints": [1]}, "at hints[0]"),
    ],
)
def test_data_that_does_not_fit_is_refused_before_anything_runs(
    data: dict[str, Any], why: str
) -> None:
    ran: list[str] = []
    workflow = contracted(judge=lambda w: ran.append("judge"))
    with ActorSystem() as system:
        ref = system.start(workflow)
        with pytest.raises(HandlerFailed) as caught:
            ref.ask("review", data)
        assert why in broken(caught)
        assert (ref.state, ran) == ("a", [])


def test_a_result_that_does_not_fit_undoes_the_step() -> None:
    workflow = contracted(judge=lambda w: {"approved": "maybe"})
    with ActorSystem() as system:
        ref = system.start(workflow)
        with pytest.raises(HandlerFailed) as caught:
            ref.ask("review", diff="d", language="rust", who="Ada")
        assert "what comes out: expected bool, got str, at approved" in broken(caught)
        assert ref.state == "a"


def test_what_fits_is_taken_with_whatever_else_it_has() -> None:
    workflow = contracted(judge=lambda w: {"approved": True, "why": "fine"})
    with ActorSystem() as system:
        ref = system.start(workflow)
        data = {"diff": "d", "language": "rust", "hints": None, "who": "Ada", "more": 1}
        assert ref.ask("review", data) == {"approved": True, "why": "fine"}


def test_an_action_of_a_contracts_name_is_checked_too() -> None:
    workflow = contracted()
    with ActorSystem() as system:
        ref = system.start(workflow)
        with pytest.raises(HandlerFailed) as caught:
            ref.ask("skip")
        assert "'tell' does not allow what goes in" in broken(caught)
        ref.ask("skip", who="Ada")


def test_an_async_action_is_checked_too() -> None:
    async def tell(workflow: Any, who: str) -> str:
        return who

    with ActorSystem() as system:
        ref = system.start(contracted(tell=tell))
        with pytest.raises(HandlerFailed):
            ref.ask("skip")
        ref.ask("skip", who="Ada")


@activity(name="contracts_judging", retry=RetryPolicy(attempts=1))
def judging(fits: bool) -> Any:
    """Answer as the contract says, or not."""
    return {"approved": True if fits else "maybe"}


JUDGING = """\
workflow = "judging"

[states.a]
on.review = { do = "judge" }
on.judge_done = "b"

[states.b]
final = true

[contracts.judge.output]
approved = "boolean"
"""


def test_the_result_of_an_activity_is_checked_when_it_comes() -> None:
    with ActorSystem() as system:
        workflow = load_definitions(JUDGING, actions={"judge": judging})["judging"]
        fitting, other = system.start(workflow), system.start(workflow)
        fitting.ask("review", fits=True)
        other.ask("review", fits=False)
        system.settle()
        assert (fitting.state, other.state) == ("b", "a")
        (refused,) = other.history(last=1)
        assert refused.error is not None
        assert "'judge' does not allow what comes out" in refused.error["message"]


def test_a_contract_of_no_event_and_no_action_is_told() -> None:
    text = HEAD + TWO_STATES + '[workflows.contracts.other.input]\nx = "string"\n'
    (workflow,) = load_definitions(text).values()
    (note,) = unused_contracts(workflow.definition)
    assert "Contract 'other' of workflow 'document_example'" in note


def test_what_is_no_table_is_told_what_table_it_must_be() -> None:
    text = HEAD + TWO_STATES + '[workflows.contracts.go]\noutput = "string"\n'
    fault = only_fault(text)
    assert fault.what == (
        "'output' of the contract 'go' must be a table from fields to types, as in "
        '{ amount = "integer" }.'
    )
    assert (fault.name, fault.line, fault.column) == ("output", text.count("\n"), 10)


def test_a_type_that_there_is_not_is_a_fault() -> None:
    text = HEAD + TWO_STATES + '[workflows.contracts.go.input]\nx = "strng"\n'
    fault = only_fault(text)
    assert (fault.name, fault.line) == ("x", text.count("\n"))
    assert "'strng' is no type" in fault.what
