"""One attempt at an activity, from its beginning to the one thing that ends it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any

from ...persistence.codec import decode_json
from ...persistence.records import Message
from ..runtime import TimerHandle
from .call import Call, Course
from .current import CurrentActivity
from .declared import Activity, Terms
from .retry import Failure

PROCESS_ENDED = Failure("ProcessEnded", "the process ended while it ran", ("ProcessEnded",))
"""How an attempt has failed that ran when the process was killed, or crashed."""


class Work:
    """An activity that is still to come to its end.

    Attributes:
        message: its row in the store.
        call: what is to be called.
        course: how far it is.
        running: the attempt that is under way, or None.
        report: the event that is on its way to the workflow, or None.
        queued: whether it waits for its turn.
        gone: whether nobody waits for it any more.
        end: when its total time is over; UTC, in microseconds since 1970; None: never.
        deadline: the timer of that.
        pauses: how often it could not even begin, or be reported, in a row.
    """

    __slots__ = (
        "call",
        "course",
        "deadline",
        "end",
        "gone",
        "message",
        "pauses",
        "queued",
        "report",
        "running",
    )

    def progress(self, attempt: Attempt | None) -> Any:
        """Return what was said last of its progress, in this attempt or before."""
        if attempt is None or attempt.said is None:
            return self.course.progress
        return decode_json(attempt.said)

    def __init__(self, message: Message, call: Call, course: Course) -> None:
        self.message = message
        self.call = call
        self.course = course
        self.running: Attempt | None = None
        self.report: Message | None = None
        self.queued = False
        self.gone = False
        self.end: int | None = None
        self.deadline: TimerHandle | None = None
        self.pauses = 0


class Attempt:
    """One attempt. Its function may end, its time may be up, it may be cancelled: one comes first.

    Attributes:
        work: the activity.
        activity: what is declared of it.
        terms: what it is allowed.
        number: the attempt's own number in this system.
        began: when it began; UTC, in microseconds since 1970.
        beat: when it last said that it goes on; seconds of the clock's `monotonic`.
        current: what the function sees of it.
        holds: whether it counts as one that runs.
        note: lets the function know, where it does not see `current`, that it should stop.
        stop: breaks the function off, where that can be done.
        timeout: the timer of the end of its time.
        silence: the timer of the next heartbeat that may be missing.
        said: what it said last of its progress, as JSON.
        unsaved: whether that is not in the store yet.
    """

    __slots__ = (
        "_claimed",
        "_lock",
        "activity",
        "beat",
        "began",
        "current",
        "holds",
        "note",
        "number",
        "said",
        "silence",
        "stop",
        "terms",
        "timeout",
        "unsaved",
        "work",
    )

    def __init__(
        self,
        number: int,
        work: Work,
        activity: Activity,
        terms: Terms,
        began: int,
        beat: float,
        beaten: Callable[[Attempt, bytes | None], None],
    ) -> None:
        message, call = work.message, work.call
        self.number = number
        self.work = work
        self.activity = activity
        self.terms = terms
        self.began = began
        self.beat = beat
        self.holds = True
        self.note: Callable[[], Any] | None = None
        self.stop: Callable[[], Any] | None = None
        self.timeout: TimerHandle | None = None
        self.silence: TimerHandle | None = None
        self.said: bytes | None = None
        self.unsaved = False
        self._lock = Lock()
        self._claimed = False
        self.current = CurrentActivity(
            call.key,
            message.sender,
            message.name or call.activity,
            message.attempt + 1,
            work.course.progress,
            lambda said: beaten(self, said),
        )

    def claim(self) -> bool:
        """Decide how it ends; True for the first who does."""
        with self._lock:
            claimed, self._claimed = self._claimed, True
        return not claimed

    @property
    def claimed(self) -> bool:
        """Whether it is decided how it ends."""
        return self._claimed

    def tell_to_stop(self) -> None:
        """Let the function know that nobody waits for it."""
        self.current.cancel()
        if self.note is not None:
            self.note()

    def break_off(self) -> None:
        """Let the function know, and break it off if that can be done."""
        self.tell_to_stop()
        if self.stop is not None:
            self.stop()
