"""When a timer comes again, and what becomes of those that come late: decided purely."""

from __future__ import annotations

from typing import Any, Literal, Protocol, get_args

import msgspec

from .cron import times, zone
from .position import microseconds_of, utc

Late = Literal["fire", "skip", "merge"]
"""What becomes of a timer that is late: it fires, each time that was missed; or not at all; or
once for all the times that were missed."""

GRACE = 60_000_000
"""Microseconds by which a timer that is skipped when it is late may be late all the same."""


class Recurrence(msgspec.Struct, frozen=True, omit_defaults=True):
    """The options of a timer, as they are stored with it.

    Attributes:
        every: microseconds between two times that it fires, or None.
        cron: the times that it fires, as a cron expression, or None.
        tz: the time zone that the cron expression is about.
        late: what becomes of it when it is late.
    """

    every: int | None = None
    cron: str | None = None
    tz: str = "UTC"
    late: Late = "merge"

    @property
    def repeats(self) -> bool:
        """Whether it fires more than once."""
        return self.every is not None or self.cron is not None

    def first(self, now: int) -> int:
        """Return when it fires first, if nothing else is said; UTC, in microseconds since 1970.

        Raises:
            ValueError: the cron expression, or the time zone, is none.
        """
        if self.every is not None:
            return now + self.every
        following = self._after(now)
        if following is None:
            raise ValueError(f"The cron expression {self.cron!r} names no time there will be.")
        return following

    def next(self, due: int, now: int) -> int | None:
        """Return when it fires next, or None when it does not.

        Arguments:
            due: when it was due; UTC, in microseconds since 1970.
            now: the time, likewise.
        """
        since = due if self.late == "fire" else max(due, now)
        if self.every is not None:
            return due + self.every * ((since - due) // self.every + 1)
        return None if self.cron is None else self._after(since)

    def skips(self, due: int, now: int) -> bool:
        """Tell whether it is too late to fire."""
        if self.late != "skip":
            return False
        following = self.next(due, due)
        return now - due > GRACE or (following is not None and following <= now)

    def _after(self, now: int) -> int | None:
        for moment in times(self.cron or "", utc(now).astimezone(zone(self.tz))):
            found = microseconds_of(moment)
            if found > now:  # an hour that comes twice must not bring it back
                return found
        return None


class Optional(Protocol):
    """What has options."""

    @property
    def options(self) -> bytes | None:
        """The options, as they are stored."""
        ...


class Stored(Optional, Protocol):
    """A timer, as it is stored."""

    @property
    def due(self) -> int:
        """When it is due; UTC, in microseconds since 1970."""
        ...


_decode = msgspec.json.Decoder(Recurrence).decode
_encode = msgspec.json.Encoder().encode
ONCE = Recurrence()
"""The options of a timer that fires once."""


def recurrence_of(message: Optional) -> Recurrence:
    """Return the options of a timer that is stored."""
    return ONCE if message.options is None else _decode(message.options)


def comes_again(timer: Stored, now: int) -> bool:
    """Tell whether a timer was due again by now, and fires for each time that was missed."""
    recurrence = recurrence_of(timer)
    if recurrence.late != "fire" or not recurrence.repeats:
        return False
    following = recurrence.next(timer.due, now)
    return following is not None and following <= now


def options_of(recurrence: Recurrence) -> bytes | None:
    """Return a timer's options as they are stored, or None when there are none."""
    return None if recurrence == ONCE else _encode(recurrence)


def checked_late(late: Any) -> Late:
    """Return a policy for what is late.

    Raises:
        ValueError: it is none of the three.
    """
    if late not in get_args(Late):
        raise ValueError(f"`late` is {late!r}; it is one of 'fire', 'skip' and 'merge'.")
    return late  # type: ignore[no-any-return]  # one of them, as was checked
