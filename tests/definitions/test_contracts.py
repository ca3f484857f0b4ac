"""Contracts: an event's data against its input, a result against its output."""

from __future__ import annotations

from pathlib import Path
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


def test_an_action_that_returns_nothing_has_broken_what_it_must_return() -> None:
    text = EVENT + '\n[contracts.judge.output]\napproved = "boolean"\n'
    workflow = load_definitions(text, actions=Anything())["contracted"]
    with ActorSystem() as system:
        ref = system.start(workflow)
        with pytest.raises(HandlerFailed) as caught:
            ref.ask("review", diff="d", language="rust", who="Ada")
        why = "'judge' does not allow what comes out: object missing required field approved"
        assert why in broken(caught)
        assert ref.state == "a"


def test_an_event_whose_actions_return_nothing_has_broken_what_it_must_answer() -> None:
    with ActorSystem() as system:
        ref = system.start(contracted())
        with pytest.raises(HandlerFailed) as caught:
            ref.ask("review", diff="d", language="rust", who="Ada")
        assert "'review' does not allow what comes out" in broken(caught)
        assert ref.state == "a"


def test_nothing_is_enough_where_all_that_comes_out_may_be_left_out() -> None:
    text = EVENT.replace('approved = "boolean"', 'approved = "optional:boolean"')
    with ActorSystem() as system:
        ref = system.start(load_definitions(text, actions=Anything())["contracted"])
        assert ref.ask("review", diff="d", language="rust", who="Ada") is None
        assert ref.state == "b"


def test_an_event_that_no_action_answers_has_no_result_to_check() -> None:
    text = EVENT.replace('{ to = "b", do = "judge" }', '"b"')
    with ActorSystem() as system:
        ref = system.start(load_definitions(text, actions=Anything())["contracted"])
        assert ref.ask("review", diff="d", language="rust", who="Ada") is None
        assert ref.state == "b"


JUDGED: list[Any] = []


@activity(name="contracts_judging", retry=RetryPolicy(first=0, attempts=5))
def judging(answer: Any) -> Any:
    """Answer as the contract says, or not."""
    JUDGED.append(answer)
    return answer


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
JUDGING_FAILS = (
    JUDGING.replace("[states.b]", 'on.judge_failed = { to = "c", do = "keep" }\n\n[states.b]')
    + "\n[states.c]\nfinal = true\n"
)


def judged(system: ActorSystem, text: str, answer: Any) -> Any:
    JUDGED.clear()
    kept: list[Any] = []
    actions = {"judge": judging, "keep": lambda w, error, attempts: kept.append((error, attempts))}
    ref = system.start(load_definitions(text, actions=actions)["judging"])
    ref.ask("review", answer=answer)
    system.settle()
    return ref, kept


def test_the_result_of_an_activity_that_fits_is_taken() -> None:
    with ActorSystem() as system:
        ref, kept = judged(system, JUDGING_FAILS, {"approved": True})
        assert (ref.state, kept) == ("b", [])


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"approved": "maybe"}, "expected bool, got str, at approved"),
        (None, "object missing required field approved"),
    ],
)
@pytest.mark.parametrize("without", ["", 'on.judge_done = "b"\n'])
def test_an_activity_whose_result_does_not_fit_has_failed_for_good(
    answer: Any, why: str, without: str
) -> None:
    text = JUDGING_FAILS
    if without:
        text = text.replace(without, 'on.skip = "b"\n')  # nobody waits for the result itself
    with ActorSystem() as system:
        ref, kept = judged(system, text, answer)
        message = f"Contract 'judge' does not allow what comes out: {why}."
        assert ref.state == "c"
        assert kept == [({"type": "ContractBroken", "message": message}, 1)]
        assert [entry.event for entry in ref.history()][1:] == ["review", "judge_failed"]
        assert [answer] == JUDGED  # it is not tried again
        assert not list(system.activities())


def test_without_an_event_for_its_failure_it_is_set_aside_with_the_reason() -> None:
    with ActorSystem() as system:
        ref, _ = judged(system, JUDGING, {"approved": "maybe"})
        assert ref.state == "a"
        (activity,) = system.activities(dead=True)
        assert "'judge' does not allow what comes out" in str(activity.why)


def test_the_next_process_does_not_tell_of_the_failure_again(tmp_path: Path) -> None:
    store = tmp_path / "judging.db"
    with ActorSystem(store) as system:
        ref, _ = judged(system, JUDGING_FAILS, {"approved": 1})
    with ActorSystem(store) as system:
        ref = system.get(ref.id)
        system.settle()
        assert [entry.event for entry in ref.history()].count("judge_failed") == 1


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
