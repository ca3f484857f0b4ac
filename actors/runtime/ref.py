"""Refs to pooled actors: Pykka's, with a mailbox that refuses instead of losing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import pykka
from pykka import messages

from .context import here
from .envelope import Envelope
from .errors import MailboxFullError
from .future import PooledFuture
from .mailbox import Mailbox, StoppedFlag
from .system_messages import StopNow
from .waiting import check_may_wait

if TYPE_CHECKING:
    from .actor import PooledActor
    from .runtime import Runtime

A = TypeVar("A", bound="PooledActor")


class PooledRef(pykka.ActorRef[A]):
    """What everybody but the actor itself holds of an actor.

    Example:
        ```py
        ref = runtime.start(Greeter)
        ref.tell("hello")
        assert ref.ask("name?") == "Ada"
        ```
    """

    actor_inbox: Mailbox

    def __init__(self, actor: A, mailbox: Mailbox) -> None:
        self.actor_class = actor.__class__
        self.actor_urn = actor.actor_urn
        self.actor_inbox = mailbox

    @property
    def actor_stopped(self) -> StoppedFlag:  # type: ignore[override]  # an Event's face, no Event
        """Whether the actor has stopped; can be waited for."""
        return StoppedFlag(self.actor_inbox)

    @property
    def runtime(self) -> Runtime:
        """The runtime that the actor lives in."""
        return self.actor_inbox.runtime

    # A method where Pykka has a weakref: its proxies only call it, and it costs nothing.
    def _actor_weakref(self) -> A | None:  # type: ignore[override]
        return getattr(self.actor_inbox, "actor", None)

    def is_alive(self) -> bool:
        """Whether the actor takes messages at this moment."""
        return not self.actor_inbox.closed

    def tell(self, message: Any) -> None:
        """Send `message` and don't wait for anything.

        Raises:
            pykka.ActorDeadError: the actor takes no messages; this one was not enqueued.
        """
        self.actor_inbox.put(Envelope(message))

    def ask(self, message: Any, *, block: bool = True, timeout: float | None = None) -> Any:
        """Send `message` and wait for the answer, or get a future of it.

        Args:
            message: anything.
            block: `False` returns a `PooledFuture` at once.
            timeout: seconds to wait, also for room in a full mailbox; without one this thread
                may run the actor itself.

        Raises:
            pykka.ActorDeadError: the actor takes no messages, or stopped before this one.
            pykka.Timeout: no answer came in time.
            BlockedLoopError: an async handler asked and did not await; nothing was sent.
            AskRingError: the answer would need this very handler to end.
            Exception: what the handler raised.
        """
        if block and here.serves_loop:
            check_may_wait()
        future: PooledFuture[Any] = PooledFuture()
        mailbox = self.actor_inbox
        future.worker = mailbox
        try:
            if block and timeout is None:
                mailbox.put_and_run(Envelope(message, future), future)
            elif block and timeout is not None:
                timeout = mailbox.put_within(Envelope(message, future), timeout)
            else:
                mailbox.put(Envelope(message, future))
        except (pykka.ActorDeadError, MailboxFullError) as error:
            if block:
                raise
            future.set_error(error)
        return future.get(timeout=timeout) if block else future

    def stop(self, *, block: bool = True, timeout: float | None = None, now: bool = False) -> Any:
        """Stop the actor once it has handled what was sent before, or as soon as possible.

        Args:
            block: `False` returns a future at once.
            timeout: seconds to wait.
            now: `True` lets it finish the message that it is at, if it is at one; what waits
                becomes dead letters.

        Returns:
            whether it was alive; a future of that with `block=False`.

        Raises:
            pykka.Timeout: it did not stop in time.
            BlockedLoopError: an async handler would wait; nothing was sent.
        """
        if block and here.serves_loop:
            check_may_wait()
        if block and not now:
            try:
                self.ask(messages._ActorStop(), timeout=timeout)
            except pykka.ActorDeadError:
                return False
            return True
        asked: PooledFuture[Any] = (
            self._stop_now() if now else self.ask(messages._ActorStop(), block=False)
        )

        def was_alive(timeout: float | None) -> bool:
            try:
                asked.get(timeout=timeout)
            except pykka.ActorDeadError:
                return False
            return True

        result = asked._derive()
        result.set_get_hook(was_alive)
        return result.get(timeout=timeout) if block else result

    def _stop_now(self) -> PooledFuture[Any]:
        future: PooledFuture[Any] = PooledFuture()
        future.worker = self.actor_inbox
        if not self.actor_inbox.put_system(StopNow(future)):
            future.set_error(pykka.ActorDeadError(f"{self} not found"))
        return future
