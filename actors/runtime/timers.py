"""An actor's own timers: messages to itself, which end with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pykka

from .clock import TimerHandle
from .envelope import Envelope
from .errors import MailboxFullError
from .future import PooledFuture
from .lifecycle import ReceiveTimeout

if TYPE_CHECKING:
    from .mailbox import Mailbox


class Timer:
    """A message that an actor gets later, once or again and again, until `cancel`."""

    __slots__ = ("_cancelled", "_due", "_handle", "_interval", "_message", "_room", "_timers")

    def __init__(
        self, timers: Timers, seconds: float, message: Any, interval: float | None
    ) -> None:
        self._timers = timers
        self._message = message
        self._interval = interval
        self._cancelled = False
        self._room: PooledFuture[None] | None = None
        clock = timers.mailbox.runtime.clock
        self._due = clock.monotonic() + seconds
        self._handle: TimerHandle = clock.call_later(seconds, self._fire)

    def cancel(self) -> None:
        """Send the message no more; one that is in the mailbox already stays there."""
        self._cancelled = True
        self._handle.cancel()
        if self._room is not None:
            self._timers.mailbox.withdraw(self._room)
        self._timers.running.discard(self)

    def _fire(self) -> None:
        if self._cancelled:
            return
        try:
            room = self._timers.mailbox.offer(Envelope(self._message))
            self._room = room
            if room is not None:
                # The clock's thread waits for nobody: others have timers, too.
                room.add_done_callback(lambda _: self._fire())
                if self._cancelled:
                    self._timers.mailbox.withdraw(room)
                return
        except pykka.ActorDeadError:
            self.cancel()
            return
        except MailboxFullError:
            pass  # As with any sender: this one was refused, the next may get in.
        if self._interval is None:
            self._timers.running.discard(self)
            return
        # From when it was due, not from now: a late tick does not delay those after it.
        clock = self._timers.mailbox.runtime.clock
        self._due += self._interval
        self._handle = clock.call_later(self._due - clock.monotonic(), self._fire)
        if self._cancelled:
            self._handle.cancel()


class Timers:
    """The timers of one instance of an actor."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self.running: set[Timer] = set()
        self._idle_seconds = 0.0
        self._idle_since = 0.0
        self._idle_handle: TimerHandle | None = None

    def start(self, seconds: float, message: Any, interval: float | None) -> Timer:
        """Send `message` in so many seconds, and then at every `interval` if there is one."""
        timer = Timer(self, seconds, message, interval)
        self.running.add(timer)
        return timer

    def set_receive_timeout(self, seconds: float | None) -> None:
        """Send a `ReceiveTimeout` whenever there was no message for so many seconds."""
        if self._idle_handle is not None:
            self._idle_handle.cancel()
            self._idle_handle = None
        if seconds is None:
            self.mailbox.on_idle = None
            return
        self._idle_seconds = seconds
        self.mailbox.on_idle = self._touch
        self._touch()
        self._idle_handle = self.mailbox.runtime.clock.call_later(seconds, self._look)

    def _touch(self) -> None:
        self._idle_since = self.mailbox.runtime.clock.monotonic()

    def _look(self) -> None:
        if self._idle_handle is None or self._idle_handle.cancelled or self.mailbox.closed:
            return
        clock = self.mailbox.runtime.clock
        # Messages only note the time, so that they cost little; the timer catches up here.
        left = self._idle_since + self._idle_seconds - clock.monotonic()
        if left <= 0:
            left = self._idle_seconds
            self._touch()
            # One that is at a message is not idle, however long that takes.
            if self.mailbox.empty() and not self.mailbox.is_taken():
                try:
                    self.mailbox.put(Envelope(ReceiveTimeout()))
                except pykka.ActorDeadError:
                    return
        self._idle_handle = clock.call_later(left, self._look)

    def cancel_all(self) -> None:
        """End every timer."""
        self.set_receive_timeout(None)
        for timer in list(self.running):
            timer.cancel()
