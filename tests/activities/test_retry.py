"""When an activity is tried again: any policy, any history of failures."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from repertory.actors import RetryAfter, RetryPolicy
from repertory.actors.activities.retry import SECOND, Failure, decide

SECONDS = st.floats(0, 1e6, allow_nan=False)
POLICIES = st.builds(
    lambda first, more, **others: RetryPolicy(first=first, longest=first + more, **others),
    first=SECONDS,
    more=SECONDS,
    factor=st.floats(1, 1000),
    jitter=st.floats(0, 1),
    attempts=st.none() | st.integers(1, 1000),
    within=st.none() | SECONDS,
)
DRAWS = st.floats(0, 1)
FAILURE = Failure.of(ConnectionError("no answer"))
START = 1_767_225_600 * SECOND


def tries(policy: RetryPolicy, draws: list[float], total: float | None = None) -> list[int]:
    """When each attempt begins, if each fails at once; as many as there are draws at the most."""
    began = [START]
    for draw in draws:
        verdict = decide(
            policy,
            FAILURE,
            attempt=len(began),
            started=START,
            now=began[-1],
            draw=draw,
            total=total,
        )
        assert (verdict.due is None) == bool(verdict.why)
        if verdict.due is None:
            break
        began.append(verdict.due)
    return began


@given(POLICIES, st.lists(DRAWS, max_size=30), st.none() | SECONDS)
def test_attempts_keep_to_the_policy(
    policy: RetryPolicy, draws: list[float], total: float | None
) -> None:
    began = tries(policy, draws, total)
    pauses = [b - a for a, b in pairwise(began)]
    assert all(0 <= pause <= policy.longest * SECOND + 1 for pause in pauses)
    assert policy.attempts is None or len(began) <= policy.attempts
    for limit in (policy.within, total):
        assert limit is None or all(at - START <= limit * SECOND for at in began[1:])
    if len(began) <= len(draws):  # it gave up before chance ran out
        assert policy.attempts == len(began) or policy.within is not None or total is not None


@given(POLICIES, st.integers(1, 200))
def test_pauses_grow_up_to_the_longest(policy: RetryPolicy, failed: int) -> None:
    assert policy.pause(failed, 0.0) <= policy.pause(failed + 1, 0.0) <= policy.longest
    assert policy.pause(failed, 1.0) <= policy.pause(failed, 0.0)


@given(POLICIES)
def test_a_policy_comes_back_from_json_as_it_was(policy: RetryPolicy) -> None:
    kept = msgspec.json.decode(msgspec.json.encode(policy), type=RetryPolicy)
    assert kept == policy


def test_pauses_double_without_chance() -> None:
    policy = RetryPolicy(first=1, factor=2, longest=5, jitter=0, attempts=6)
    began = tries(policy, [0.5] * 10)
    assert [(at - START) / SECOND for at in began] == [0, 1, 3, 7, 12, 17]


@pytest.mark.parametrize("unless", [(OSError,), ("OSError",), OSError, "ConnectionError"])
def test_errors_that_are_not_worth_it_end_it(unless: object) -> None:
    policy = RetryPolicy(unless=unless)  # type: ignore[arg-type]  # one alone is taken too
    assert tries(policy, [0.0]) == [START]
    assert not policy.forgives(Failure.of(ConnectionResetError()))
    assert policy.forgives(Failure.of(ValueError()))


def test_a_service_can_say_when_to_come_again() -> None:
    policy = RetryPolicy(first=1, jitter=0)
    asked = Failure.of(RetryAfter(90, "slow down"))
    assert asked.message == "slow down"
    verdict = decide(policy, asked, attempt=1, started=START, now=START, draw=0.0)
    assert verdict.due == START + 90 * SECOND


def test_what_can_never_succeed_is_not_tried_again() -> None:
    verdict = decide(
        RetryPolicy(),
        Failure("SerializationFailed", "no JSON", final=True),
        attempt=1,
        started=START,
        now=START,
        draw=0.0,
    )
    assert verdict.due is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"first": -1},
        {"factor": 0.5},
        {"factor": 1e9},
        {"longest": float("inf")},
        {"longest": 0.5},
        {"jitter": 2},
        {"attempts": 0},
        {"within": -1},
        {"first": float("nan")},
    ],
)
def test_a_policy_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        RetryPolicy(**wrong)  # type: ignore[arg-type]  # that is what is tested
