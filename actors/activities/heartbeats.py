"""Heartbeats of activities, and how far they are, written down now and then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from msgspec.structs import replace

from ..runtime import Clock
from .attempt import Attempt
from .discretion import discreet_json
from .ledger import Ledger
from .signals import Save

SAVE_EVERY = 1.0
"""Seconds between two looks at what is running, to write down how far it is."""


class Heartbeats:
    """Takes heartbeats from wherever attempts are made.

    Arguments:
        clock: the system's.
        ledger: what writes them down.
        attempts: those that are under way, by their number; the runner's.
        tell: tells the runner something, from any thread.
    """

    def __init__(
        self,
        clock: Clock,
        ledger: Ledger,
        attempts: Mapping[int, Attempt],
        tell: Callable[[Any], None],
    ) -> None:
        self._clock = clock
        self._ledger = ledger
        self._attempts = attempts
        self._tell = tell
        self._saves = False
        self._saved = float("-inf")

    def beat(self, attempt: Attempt, said: bytes | None) -> None:
        """Note a heartbeat, in the thread that it comes from.

        Arguments:
            attempt: whose it is.
            said: its progress as JSON, or None.
        """
        if attempt.claimed:
            return
        attempt.beat = self._clock.monotonic()
        if said is not None:
            attempt.said = discreet_json(said, attempt.work.call.secrets)
            if not attempt.unsaved:
                attempt.unsaved = True
                if attempt.beat - self._saved >= SAVE_EVERY:
                    self._tell(Save(last=False))

    def from_afar(self, number: int, said: bytes | None) -> None:
        """Note a heartbeat that comes from a process, by the attempt's number."""
        attempt = self._attempts.get(number)
        if attempt is not None:
            self.beat(attempt, said)

    def save(self, message: Save) -> None:
        """Write down what runs, and how far it is, so that others can see it."""
        if message.last:
            self._saves = False
        self._saved = self._clock.monotonic()
        changed = []
        for attempt in self._attempts.values():
            work = attempt.work
            if attempt.claimed or not attempt.unsaved:
                continue
            attempt.unsaved = False
            work.course = replace(work.course, progress=work.progress(attempt))
            changed.append(work)
        if changed:
            self._ledger.save(changed)
        self.save_later()

    def save_later(self) -> None:
        """See to it that what runs is looked at again, as long as anything does."""
        if not self._saves and self._attempts:
            with suppress(RuntimeError):  # the clock has stopped, and so does all this
                self._clock.call_later(SAVE_EVERY, self._tell, Save())
                self._saves = True
