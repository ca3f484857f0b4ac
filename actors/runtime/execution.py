"""Running an actor: its messages one at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from operator import call
from time import monotonic
from types import CoroutineType
from typing import TYPE_CHECKING, Any

from pykka import messages

from .context import MAX_INLINE_DEPTH, here
from .ending import end, stop
from .envelope import Envelope
from .errors import InterruptedHandlerError
from .failing import failed
from .future import answer, refuse
from .interrupts import is_interrupt, raise_interrupt
from .states import CLOSED
from .supervision import Directive
from .system_messages import Halt, Stillborn, StopNow, SystemWork

if TYPE_CHECKING:
    from .actor import PooledActor
    from .context import ThreadNote
    from .future import PooledFuture
    from .mailbox import Mailbox

_running_loop = asyncio._get_running_loop

_SPECIAL_MESSAGES = (
    SystemWork,
    messages._ActorStop,
    messages.ProxyCall,
    messages.ProxyGetAttr,
    messages.ProxySetAttr,
)


def run_inline(mailbox: Mailbox, until: PooledFuture[Any], *, of_dispatcher: bool = False) -> bool:
    """Run `mailbox`, if nobody does, in this thread until `until` is done.

    And then whomever it has handed the answer on to: see `Mailbox.hand_on`.

    Args:
        mailbox: the mailbox; this thread has not got its turn.
        until: the future that this thread waits for.
        of_dispatcher: whether to run it also when its dispatcher is about to.

    Returns:
        whether it did; it may not in an event loop, nor too deep in other such runs.
    """
    note = here.note
    if note.depth >= MAX_INLINE_DEPTH or _running_loop() is not None:
        return False
    if note.following is not None:
        note.leave_following()
    now = monotonic()
    handed = note.handed
    if not (mailbox.take_turn() if of_dispatcher else mailbox._turn.take()):
        return False
    # No call from here to the `try`: a Ctrl-C comes with one, and the turn would be nobody's.
    outer_since, note.since = note.since, now
    waits_outside, note.until = note.until, until
    waiter = note.mailbox
    if waiter is not None:
        # Our own actor is waiting meanwhile: a handler that asks it closes a ring.
        outer, waiter.waits_for = waiter.waits_for, until
    note.depth += 1
    held = mailbox
    try:
        run(mailbox, until)
        while (following := note.following) is not None and not until._done:
            handed, held, note.following = note.handed, following, None
            run(following, until)
    except BaseException:
        if note.handed == handed:  # broken off before it has begun
            held.release()
        raise
    finally:
        if waiter is not None:
            waiter.waits_for = outer
        note.depth -= 1
        note.until = waits_outside
        note.since = outer_since
        if note.following is not None:
            note.leave_following()
    if note.interrupt is not None:
        raise_interrupt()
    return True


def run(mailbox: Mailbox, until: PooledFuture[Any] | None = None) -> None:
    """Handle what is waiting, up to the throughput, then give the turn up.

    Args:
        mailbox: the mailbox; this thread has its turn.
        until: a future that makes it end early, once it is done.
    """
    note = here.note
    note.handed += 1
    outer, note.mailbox = note.mailbox, mailbox
    keeps_turn = False
    try:
        keeps_turn = _handle_waiting(mailbox, until, note)
    finally:
        note.mailbox = outer
        if not keeps_turn:
            try:
                if mailbox.on_idle is not None:
                    mailbox.on_idle()
            finally:
                handed = note.handed
                try:
                    mailbox.release()
                except BaseException:
                    if note.handed == handed:  # broken off before it has begun
                        mailbox.release()
                    raise


def _handle_waiting(mailbox: Mailbox, until: PooledFuture[Any] | None, note: ThreadNote) -> bool:
    """Handle messages; say whether the turn stays taken, by a coroutine or by the end."""
    if mailbox.state >= CLOSED:
        end(mailbox)
        return True
    actor = mailbox.actor
    if mailbox.starting and _start(mailbox, actor):
        return True
    if actor._takes_batches:
        return _handle_batch(mailbox, actor, inline=until is not None)
    waiting = mailbox.queue
    receive = actor.on_receive
    for taken in range(mailbox.dispatcher.throughput):
        # Looked at first, since an exception costs ten times as much.
        if not waiting:
            break
        try:
            envelope = waiting.popleft() if until is None else _first(waiting)[0]
        except IndexError:
            break  # Its sender took it back.
        message = envelope.message
        mailbox.current = envelope
        try:
            if (
                type(message) is not tuple
                and isinstance(message, tuple)
                and isinstance(message, _SPECIAL_MESSAGES)
            ):
                if isinstance(message, (SystemWork, messages._ActorStop)):
                    if _handle_system(mailbox, envelope):
                        mailbox.runtime.handled += taken
                        return True
                    continue
                result = actor._handle_receive(message)
            else:
                result = receive(message)
            is_async = result is not None and type(result) is CoroutineType
            if not is_async and envelope.reply_to is not None:
                answer(envelope.reply_to, result)
        except BaseException as error:
            if failed(mailbox, error, envelope):
                mailbox.runtime.handled += taken + 1
                return True
        else:
            if is_async:
                mailbox.runtime.handled += taken + 1
                mailbox.runtime.loop.run(mailbox, envelope, result)
                return True
        if mailbox.state >= CLOSED:
            mailbox.runtime.handled += taken + 1
            mailbox.current = None
            end(mailbox)
            return True
        if until is not None and (
            until._done or note.following is not None or note.interrupt is not None
        ):
            taken += 1
            break
    else:
        taken += 1
    mailbox.runtime.handled += taken
    mailbox.current = None
    return False


def _first(waiting: deque[Envelope[Any]]) -> list[Envelope[Any]]:
    """Take the first envelope out, if there is one, in a thread that a Ctrl-C may break off.

    It comes right after a call, and what the call has returned is lost then; so this is one call.
    """
    taken: list[Envelope[Any]] = []
    try:
        taken.extend(map(call, (waiting.popleft,)))
    except IndexError:
        pass  # Its sender took it back.
    except BaseException:
        waiting.extendleft(taken)
        raise
    return taken


def _handle_batch(mailbox: Mailbox, actor: PooledActor, *, inline: bool) -> bool:
    """Hand the actor what is waiting in one go, up to the next message of Pykka's own."""
    waiting = mailbox.queue
    batch: list[Envelope[Any]] = []
    alone: Envelope[Any] | None = None
    try:
        while waiting and len(batch) < actor.batch_limit:
            try:
                taken = _first(waiting) if inline else [waiting.popleft()]
            except IndexError:
                break
            batch += taken
            if taken and isinstance(taken[0].message, _SPECIAL_MESSAGES):
                del batch[-1]
                if batch:
                    # Nobody else takes from the queue while we have the turn.
                    waiting.extendleft(taken)
                else:
                    alone = taken[0]
                break
        if batch and alone is None:
            mailbox.runtime.handled += len(batch)
            actor._batch_at_hand = batch
            try:
                actor.on_batch(batch)
            finally:
                actor._batch_at_hand = None
    except BaseException as error:
        told = error if not is_interrupt(error) else InterruptedHandlerError(mailbox.name)
        for envelope in batch:
            if envelope.reply_to is not None:
                refuse(envelope.reply_to, told)
            refused = getattr(envelope.message, "refused", None)
            if callable(refused):
                refused(told)
        if failed(mailbox, error, None):
            return True
    if alone is not None:
        return _handle_in_batch_actor(mailbox, actor, alone)
    if mailbox.state >= CLOSED:
        end(mailbox)
        return True
    return False


def _handle_in_batch_actor(mailbox: Mailbox, actor: PooledActor, envelope: Envelope[Any]) -> bool:
    if isinstance(envelope.message, (SystemWork, messages._ActorStop)):
        return _handle_system(mailbox, envelope)
    mailbox.runtime.handled += 1
    mailbox.current = envelope
    try:
        result = actor._handle_receive(envelope.message)
    except BaseException as error:
        if failed(mailbox, error, envelope):
            return True
    else:
        if envelope.reply_to is not None:
            answer(envelope.reply_to, result)
    mailbox.current = None
    if mailbox.state >= CLOSED:
        end(mailbox)
        return True
    return False


def _handle_system(mailbox: Mailbox, envelope: Envelope[Any]) -> bool:
    """Handle a stop, or a message of the runtime; say whether the turn is gone."""
    message = envelope.message
    if isinstance(message, SystemWork):
        message = mailbox.next_system()
    if isinstance(message, StopNow):
        envelope = Envelope(message, message.reply_to)
    if isinstance(message, (StopNow, messages._ActorStop)):
        restarted = _stopped_by_itself(mailbox)
        if not restarted and stop(mailbox, envelope):
            return True
        if envelope.reply_to is not None:
            answer(envelope.reply_to, None)
        if restarted:
            return True
    elif isinstance(message, Halt):
        if message.group.covers(mailbox):
            message.group.halt(mailbox)
            return True
    elif isinstance(message, Stillborn):
        # Of an instance that a sibling's restart has replaced meanwhile it says nothing.
        if message.actor is mailbox.actor and failed(mailbox, message.error, None, must_stop=True):
            return True
    elif failed(mailbox, message.error, None, why=message.why):
        return True
    if mailbox.state >= CLOSED:
        end(mailbox)
        return True
    return False


def _stopped_by_itself(mailbox: Mailbox) -> bool:
    """Let the parent restart a child that was told to stop; say whether it does."""
    parent = mailbox.parent
    if parent is None or not parent.is_permanent(mailbox):
        return False
    return parent.failed(mailbox, None) is Directive.RESTART


def _start(mailbox: Mailbox, actor: PooledActor) -> bool:
    """Run `on_start`; say whether the turn went to a coroutine or the actor ended."""
    mailbox.starting = False
    try:
        # Pykka's signature says None, but an `async def` gives a coroutine here.
        result: Any = actor.on_start()  # type: ignore[func-returns-value]
    except BaseException as error:
        if not failed(mailbox, error, None, must_stop=True):
            end(mailbox)
        return True
    if type(result) is CoroutineType:
        mailbox.runtime.loop.run(mailbox, None, result)
        return True
    if mailbox.state >= CLOSED:
        end(mailbox)
        return True
    return False
