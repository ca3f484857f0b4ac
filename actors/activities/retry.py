"""When an activity that failed is tried again: decided purely, on frozen data."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import msgspec

from ..runtime import Backoff

SECOND = 1_000_000
"""Microseconds."""


class Failure(msgspec.Struct, frozen=True):
    """Why an attempt failed.

    Attributes:
        type: the name of the error's class.
        message: what the error says.
        bases: the names of the classes that the error is an instance of, its own first.
        after: the least seconds until the next attempt, if whoever failed it knows.
        final: whether another attempt would fail likewise.
    """

    type: str
    message: str
    bases: tuple[str, ...] = ()
    after: float = 0.0
    final: bool = False

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """Return the failure that an exception is."""
        bases = tuple(base.__name__ for base in type(error).__mro__ if base is not object)
        after = error.seconds if isinstance(error, RetryAfter) else 0.0
        return cls(bases[0], str(error), bases, after)

    def data(self) -> dict[str, str]:
        """Return it as events and the history tell of it."""
        return {"type": self.type, "message": self.message}


class RetryAfter(Exception):
    """Raise it in an activity to be tried again, but not before so many seconds.

    Arguments:
        seconds: how long, as a `Retry-After` header says it; the policy may wait longer.
        message: why.
    """

    def __init__(self, seconds: float, message: str = "asked to come again later") -> None:
        super().__init__(message)
        self.seconds = float(seconds)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.seconds, str(self))


def check_policy(given: Any) -> None:
    """Refuse what is no retry policy, such as a number of attempts.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(given, RetryPolicy):
        attempts = given if isinstance(given, int) and given > 0 else 3
        raise ValueError(
            f"retry must be a RetryPolicy, such as RetryPolicy(attempts={attempts}), not {given!r}."
        )


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How an activity that fails is tried again.

    The pause after the first failed attempt is `first`; each one after that is `factor` times as
    long, up to `longest`.

    Attributes:
        first: seconds until the second attempt.
        factor: how much longer each pause is than the one before.
        longest: seconds that a pause lasts at the most; by default 60, or `first` if that is more.
        jitter: the share of a pause, from 0 to 1, by which chance may shorten it, so that what
            failed together does not come again together.
        attempts: how many there are at the most, the first one included; None: no end.
        within: seconds since it was started after which no attempt begins; None: no end.
        unless: errors that are not worth another attempt: classes, or their names. A subclass
            counts as its base does.

    Raises:
        ValueError: a number is out of its range.

    Example:
        >>> policy = RetryPolicy(first=1, attempts=5, unless=(PermissionError,), jitter=0)
        >>> [policy.pause(failed, 0.0) for failed in (1, 2, 3, 4)]
        [1.0, 2.0, 4.0, 8.0]
    """

    first: float = 1.0
    factor: float = 2.0
    longest: float | None = None
    jitter: float = 0.1
    attempts: int | None = 10
    within: float | None = None
    unless: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        if self.longest is None:
            msgspec.structs.force_setattr(self, "longest", max(60.0, self.first))
        for wrong, what in (
            (not 0 <= self.first < math.inf, "first must be 0 or more seconds"),
            (not 1 <= self.factor <= 1000, "factor must be a number from 1 to 1000"),
            (not self.first <= self._longest < math.inf, "longest must be first or more seconds"),
            (not 0 <= self.jitter <= 1, "jitter must be a share from 0 to 1"),
            (self.attempts is not None and self.attempts < 1, "attempts must be 1 or more"),
            (self.within is not None and not self.within >= 0, "within must be 0 or more seconds"),
        ):
            if wrong:
                raise ValueError(f"In a RetryPolicy, {what}; this is {self!r}.")
        msgspec.structs.force_setattr(self, "unless", _names(self.unless))

    @property
    def _longest(self) -> float:
        assert self.longest is not None  # it was made a number when this was made
        return self.longest

    def pause(self, failed: int, draw: float) -> float:
        """Return the seconds between a failed attempt and the next one.

        Arguments:
            failed: the number of the attempt that failed, from 1.
            draw: what chance says, from 0 to 1.
        """
        backoff = Backoff(self.first, self._longest, self.factor, self.jitter)
        return backoff.delay(failed - 1, draw)

    def forgives(self, failure: Failure) -> bool:
        """Tell whether this error is worth another attempt."""
        return not set(self.unless).intersection((failure.type, *failure.bases))


class Verdict(msgspec.Struct, frozen=True):
    """What becomes of an activity after a failed attempt.

    Attributes:
        due: when the next attempt begins, UTC in microseconds since 1970; None: there is none.
        why: why there is none, as the end of a sentence; "" if there is one.
    """

    due: int | None
    why: str = ""


def decide(
    policy: RetryPolicy,
    failure: Failure,
    *,
    attempt: int,
    started: int,
    now: int,
    draw: float,
    total: float | None = None,
) -> Verdict:
    """Return whether an activity is tried again after a failed attempt, and when.

    Arguments:
        policy: its retry policy.
        failure: why the attempt failed.
        attempt: the attempt's number, from 1.
        started: when the activity was started; UTC, in microseconds since 1970.
        now: the time, likewise.
        draw: what chance says, from 0 to 1.
        total: the seconds that all of it may take; None: no end.
    """
    if failure.final or not policy.forgives(failure):
        return Verdict(None, f"a {failure.type} is not tried again")
    if policy.attempts is not None and attempt >= policy.attempts:
        return Verdict(None, f"that was attempt {attempt} of {policy.attempts}")
    pause = max(policy.pause(attempt, draw), failure.after)
    due = now + math.ceil(pause * SECOND)
    if policy.within is not None and due > started + policy.within * SECOND:
        return Verdict(None, f"the next attempt would begin later than within {policy.within:g} s")
    if total is not None and due >= started + total * SECOND:
        return Verdict(None, f"it may take {total:g} s in all")
    return Verdict(due)


def _names(errors: Iterable[Any]) -> tuple[str, ...]:
    if isinstance(errors, str | type):
        errors = (errors,)
    return tuple(e.__name__ if isinstance(e, type) else str(e) for e in errors)
