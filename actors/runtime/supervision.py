"""What a supervisor decides when a child fails: pure functions of frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType


class Scope(Enum):
    """Which children a restart takes along."""

    ONE_FOR_ONE = "one_for_one"
    """Only the one that failed."""
    ONE_FOR_ALL = "one_for_all"
    """All of them."""
    REST_FOR_ONE = "rest_for_one"
    """It and those that were started after it."""


class Restart(Enum):
    """When a child is restarted."""

    PERMANENT = "permanent"
    """Always, even after it stopped by itself."""
    TRANSIENT = "transient"
    """When it failed, but not when it stopped by itself."""
    TEMPORARY = "temporary"
    """Never."""


class Directive(Enum):
    """What happens to a child that failed."""

    RESUME = "resume"
    """It goes on with its next message, with the state that it has."""
    RESTART = "restart"
    """A new instance goes on, behind the same ref and with the same mailbox."""
    STOP = "stop"
    """It ends."""
    ESCALATE = "escalate"
    """It ends, and the failure becomes its parent's."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before a restart.

    Args:
        initial: seconds before the first.
        maximum: seconds that no wait exceeds.
        factor: how much longer each wait is than the one before.
        jitter: the share of each wait that chance takes off, from 0 to 1, so that
            children which failed together don't come back together.
    """

    initial: float = 0.0
    maximum: float = 30.0
    factor: float = 2.0
    jitter: float = 0.0

    def delay(self, restart: int, chance: float) -> float:
        """Return the seconds before the `restart`-th restart in a row, counted from 0.

        Args:
            restart: how many came before, within the period of the intensity.
            chance: a random number from 0 to 1.
        """
        if self.initial <= 0:
            return 0.0
        # An exponent without a limit would overflow.
        longest = min(self.maximum, self.initial * self.factor ** min(restart, 64))
        return longest * (1.0 - self.jitter * chance)


@dataclass(frozen=True, slots=True)
class Strategy:
    """How an actor supervises its children.

    Args:
        scope: which children a restart takes along.
        max_restarts: how many restarts there may be `within` so many seconds; one more
            escalates.
        within: that period, in seconds.
        backoff: how long to wait before each.
        directives: what to do by exception type; the closest base class counts.
        default: what to do about any other exception.

    Example:
        ```py
        class Shop(PooledActor):
            supervision = Strategy(Scope.ONE_FOR_ALL, directives={KeyError: Directive.RESUME})
        ```
    """

    scope: Scope = Scope.ONE_FOR_ONE
    max_restarts: int = 3
    within: float = 5.0
    backoff: Backoff = Backoff()
    directives: Mapping[type[BaseException], Directive] = field(
        default_factory=lambda: MappingProxyType({})
    )
    default: Directive = Directive.RESTART

    def directive(self, error: BaseException | None) -> Directive:
        """Return what to do about `error`; `None` is a stop by the actor's own will."""
        for kind in type(error).__mro__:
            if kind in self.directives:
                return self.directives[kind]
        return Directive.RESTART if error is None else self.default


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do now, and the restarts to remember for the next decision.

    Args:
        directive: what to do.
        delay: seconds to wait before a restart.
        restarts: when the restarts took place that still count.
    """

    directive: Directive
    delay: float = 0.0
    restarts: tuple[float, ...] = ()


def decide(
    strategy: Strategy,
    restart: Restart,
    restarts: tuple[float, ...],
    error: BaseException | None,
    now: float,
    chance: float = 0.0,
) -> Decision:
    """Decide about a child that failed or stopped by itself.

    Args:
        strategy: the supervisor's.
        restart: when this child is restarted.
        restarts: when restarts took place so far, in seconds on the scale of `now`.
        error: what was raised; `None` if the child stopped by itself.
        now: the present, in seconds.
        chance: a random number from 0 to 1, for the jitter.
    """
    directive = strategy.directive(error)
    recent = tuple(moment for moment in restarts if moment > now - strategy.within)
    if directive is not Directive.RESTART:
        return Decision(directive, restarts=recent)
    if restart is Restart.TEMPORARY or (restart is Restart.TRANSIENT and error is None):
        return Decision(Directive.STOP, restarts=recent)
    if len(recent) >= strategy.max_restarts:
        return Decision(Directive.ESCALATE, restarts=recent)
    return Decision(Directive.RESTART, strategy.backoff.delay(len(recent), chance), (*recent, now))
