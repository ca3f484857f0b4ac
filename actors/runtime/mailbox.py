"""An actor's mailbox: enqueue or refuse, atomically, and one runner at a time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import pykka

from . import ending, execution
from .context import here
from .envelope import Envelope
from .forking import in_child
from .future import PooledFuture, answer
from .states import CLOSED, ENDED, OPEN, RETIRING
from .system_messages import SYSTEM_WORK
from .turn import Turn

if TYPE_CHECKING:
    from .actor import PooledActor
    from .children import Children
    from .context import Handling
    from .dispatchers import MailboxRunner
    from .ref import PooledRef
    from .runtime import Runtime

# Held for the few steps in which a mailbox decides whether to retire. One for all of them: it
# is rare, and a lock for each mailbox would cost every actor memory.
# Reentrant: a signal handler or a finalizer may send a message while one is held.
_retiring = threading.RLock()
_lazily = threading.RLock()


@in_child
def _renew_locks() -> None:
    global _retiring, _lazily
    _retiring, _lazily = threading.RLock(), threading.RLock()


class Mailbox:
    """The queue of an actor and the right to run it.

    Putting needs no lock: the sender appends, and *then* looks whether the mailbox is closed.
    If so it takes its own envelope back, unless whoever closed it (which is marked before
    what is left is taken out) was quicker. So each envelope is handled, refused or
    dead-lettered, and never two of them.

    `_turn` is the right to run the actor. Who gets it without blocking either runs the actor
    or hands it, turn and all, to the dispatcher.
    """

    __slots__ = (
        "_ended",
        "_system",
        "_turn",
        "actor",
        "children",
        "current",
        "dispatcher",
        "handling",
        "on_idle",
        "parent",
        "queue",
        "ref",
        "restarts",
        "runtime",
        "starting",
        "stashed",
        "state",
        "waits_for",
    )

    actor: PooledActor
    ref: PooledRef[Any]
    runtime: Runtime
    dispatcher: MailboxRunner

    def __init__(self) -> None:
        self.queue: deque[Envelope[Any]] = deque()
        self.state = OPEN
        self.starting = False
        self.stashed = 0
        self.restarts = 0
        self.current: Envelope[Any] | None = None
        self.waits_for: PooledFuture[Any] | None = None
        self.handling: Handling | None = None
        self.parent: Children | None = None
        self.children: Children | None = None
        self.on_idle: Callable[[], None] | None = None
        self._system: deque[Any] | None = None
        self._ended: PooledFuture[None] | None = None
        # Taken until the actor starts: what arrives before that waits.
        self._turn = Turn()

    @property
    def name(self) -> str:
        """What the actor calls itself: by default its class and urn."""
        actor = getattr(self, "actor", None)
        return str(self.ref) if actor is None else actor.actor_name

    @property
    def closed(self) -> bool:
        """Whether the mailbox takes no more messages."""
        return self.state >= CLOSED

    def put(self, envelope: Envelope[Any]) -> None:
        """Enqueue `envelope` and see to it that it will be handled.

        Raises:
            pykka.ActorDeadError: the mailbox is closed; nothing was enqueued.
        """
        self.queue.append(envelope)
        if self.state and self._was_refused(envelope):
            raise pykka.ActorDeadError(f"{self.ref} not found")
        if self._turn:
            self.see_to_it()

    def see_to_it(self) -> None:
        """Have the actor's dispatcher run it, unless somebody does or is about to."""
        note = here.note
        handed = note.handed
        if not self._turn.take():
            return
        try:
            self.dispatcher.schedule(self)
        except BaseException:
            if note.handed == handed:  # Ctrl-C, before it has begun
                self._turn.append(None)
            raise

    def put_within(self, envelope: Envelope[Any], seconds: float) -> float:
        """Like `put`, which never waits here; return how many of the seconds are left."""
        self.put(envelope)
        return seconds

    def offer(self, envelope: Envelope[Any]) -> PooledFuture[None] | None:
        """Like `put`, which never waits here: there is always room."""
        self.put(envelope)
        return None

    def withdraw(self, room: PooledFuture[None]) -> None:
        """Wait no more for what `offer` returned."""

    def put_and_run(self, envelope: Envelope[Any], until: PooledFuture[Any]) -> None:
        """Like `put`, but if the actor is idle run it in this thread until `until` is done.

        Raises:
            pykka.ActorDeadError: the mailbox is closed; nothing was enqueued.
        """
        self.queue.append(envelope)
        if self.state and self._was_refused(envelope):
            raise pykka.ActorDeadError(f"{self.ref} not found")
        if self._turn and not (self.actor.run_inline and execution.run_inline(self, until)):
            self.see_to_it()

    def hand_on(self, envelope: Envelope[Any], future: PooledFuture[Any] | None) -> None:
        """Like `put`, as the last thing that a handler does for the answer `future`.

        If this thread runs the handler because it waits for that very answer, it goes on here
        when the handler returns, and no other thread is woken for it.

        Raises:
            pykka.ActorDeadError: the mailbox is closed; nothing was enqueued.
        """
        note = here.note
        if future is None or note.until is not future or note.following is not None:
            self.put(envelope)
            return
        self.queue.append(envelope)
        if self.state and self._was_refused(envelope):
            raise pykka.ActorDeadError(f"{self.ref} not found")
        if not self.actor.run_inline:
            self.see_to_it()
        elif self._turn and self._turn.take():
            note.following = self

    def put_system(self, message: Any) -> bool:
        """Enqueue a message of the runtime, ahead of all others.

        Returns:
            whether it will be seen; `False` if the mailbox is closed.
        """
        with _lazily:
            if self._system is None:
                self._system = deque()
        # The mark goes to the front; what it stands for keeps the order of its coming.
        self._system.append(message)
        envelope = Envelope(SYSTEM_WORK)
        self.queue.appendleft(envelope)
        if self.state and self._was_refused(envelope):
            return not self._take_back(message)
        self.see_to_it()
        return True

    def _take_back(self, message: Any) -> bool:
        """Take out a message of the runtime whose mark is out; say whether it was there still."""
        assert self._system is not None
        try:
            self._system.remove(message)
        except ValueError:
            # It was seen in another's stead, whose mark was drained: that one is left over.
            ending.settle(self, self._system.popleft())
            return False
        return True

    def next_system(self) -> Any:
        """Take the runtime's next message; there is one for each mark in the queue."""
        assert self._system is not None
        return self._system.popleft()

    def _settle(self, envelope: Envelope[Any]) -> None:
        if self.state and self._was_refused(envelope):
            raise pykka.ActorDeadError(f"{self.ref} not found")

    def _was_refused(self, envelope: Envelope[Any]) -> bool:
        if self.state == RETIRING:
            with _retiring:
                pass
        if self.state < CLOSED:
            return False
        try:
            self.queue.remove(envelope)
        except (ValueError, IndexError):
            # It was taken out: handled before the end, or dead-lettered after it.
            return False
        return True

    def empty(self) -> bool:
        """Whether no message is waiting."""
        return not self.queue

    def get(self) -> Envelope[Any]:
        """Take the next envelope; part of Pykka's protocol, never blocks.

        Raises:
            IndexError: there is none.
        """
        return self.queue.popleft()

    def open(self, on_start: bool) -> None:
        """Let the actor run, for the first time; with its `on_start` before any message."""
        self.starting = on_start
        if on_start:
            self.dispatcher.schedule(self)
        else:
            self.release()

    def release(self) -> None:
        """Give up the turn, and see to it that what arrived meanwhile is handled."""
        here.note.handed += 1
        try:
            self._turn.append(None)
        finally:
            # One that was closed meanwhile from outside is to be ended by whoever runs it next.
            if self.queue or self.starting or self.state == CLOSED:
                self.see_to_it()

    def is_taken(self) -> bool:
        """Whether somebody runs the actor or is about to."""
        return not self._turn

    def take_free_turn(self) -> bool:
        """Get the right to run the actor if nobody runs it or is about to; say whether."""
        return self._turn.take()

    def take_turn(self) -> bool:
        """Get the right to run the actor if nobody has it; say whether that worked."""
        return self._turn.take() or self.dispatcher.unschedule(self)

    def try_run(self, until: PooledFuture[Any]) -> bool:
        """Run the actor in this thread if it has work that nobody has begun.

        Returns:
            whether it ran.
        """
        if not self.queue or self.state >= CLOSED or not self.actor.run_inline:
            return False
        return execution.run_inline(self, until, of_dispatcher=True)

    def close(self) -> bool:
        """Refuse whatever comes from now on; say whether it was open."""
        with _retiring:
            was_open = self.state < CLOSED
            self.state = CLOSED
        return was_open

    def retire(self) -> bool:
        """Close if no message is waiting, in one step; say whether it is closed now."""
        if self.queue or self.stashed:
            return False
        with _retiring:
            if self.state >= CLOSED:
                return True
            self.state = RETIRING
            # Whoever appended before this line is seen here; whoever appends after it
            # sees the state and waits for the decision.
            self.state = OPEN if self.queue else CLOSED
            return self.state >= CLOSED

    def drain(self) -> Iterable[Envelope[Any]]:
        """Take out what is left; only after `close`."""
        left = []
        while self.queue:
            try:
                left.append(self.queue.popleft())
            except IndexError:
                break  # Its sender took it back.
        return left

    @property
    def ended(self) -> PooledFuture[None]:
        """Done once the actor has ended; made when somebody first asks."""
        with _lazily:
            if self._ended is None:
                self._ended = PooledFuture()
            future = self._ended
        if self.state == ENDED:
            self.tell_ended()
        return future

    def tell_ended(self) -> None:
        """Tell those who wait for the end that it has come."""
        self.state = ENDED
        future = self._ended
        if future is not None:
            answer(future, None)


class StoppedFlag:
    """Looks like the `threading.Event` that Pykka's refs carry, without costing one."""

    __slots__ = ("_mailbox",)

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    def is_set(self) -> bool:
        """Whether the actor takes no more messages."""
        return self._mailbox.state >= CLOSED

    def wait(self, timeout: float | None = None) -> bool:
        """Wait up to `timeout` seconds for the end; say whether it came."""
        try:
            self._mailbox.ended.get(timeout=timeout)
        except pykka.Timeout:
            return False
        return True
