"""Running an actor: its messages one at a time, and what follows when one fails."""

from __future__ import annotations

import asyncio
import logging
import queue
from types import CoroutineType
from typing import TYPE_CHECKING, Any

from pykka import messages

from .context import here
from .errors import InterruptedHandlerError
from .lifecycle import ActorFailed, ActorRestarted, ActorStopped
from .supervision import Directive
from .system_messages import Halt, SystemWork

if TYPE_CHECKING:
    from pykka import Future
    from pykka._envelope import Envelope

    from .actor import PooledActor
    from .children import Child
    from .future import PooledFuture
    from .mailbox import Mailbox

logger = logging.getLogger("repertory.actors.runtime")

MAX_INLINE_DEPTH = 16
"""How many actors one thread may run inside each other's asks: each takes stack."""

OPEN, RETIRING, CLOSED, ENDED = 0, 1, 2, 3
"""The states of a mailbox, in this order. From `CLOSED` on it refuses everything."""


_SPECIAL_MESSAGES = (
    SystemWork,
    messages._ActorStop,
    messages.ProxyCall,
    messages.ProxyGetAttr,
    messages.ProxySetAttr,
)


def may_run_inline() -> bool:
    """Whether this thread may run an actor while it waits for it."""
    return here.depth < MAX_INLINE_DEPTH and asyncio._get_running_loop() is None


def run_inline(mailbox: Mailbox, until: PooledFuture[Any]) -> None:
    """Run `mailbox`, whose turn this thread has, in this thread until `until` is done."""
    waiter = here.mailbox
    here.depth += 1
    try:
        if waiter is None:
            run(mailbox, until)
        else:
            # Our own actor is waiting meanwhile: a handler that asks it closes a ring.
            outer, waiter.waits_for = waiter.waits_for, until
            try:
                run(mailbox, until)
            finally:
                waiter.waits_for = outer
    finally:
        here.depth -= 1


def run(mailbox: Mailbox, until: PooledFuture[Any] | None = None) -> None:
    """Handle what is waiting, up to the throughput, then give the turn up.

    Args:
        mailbox: the mailbox; this thread has its turn.
        until: a future that makes it end early, once it is done.
    """
    outer, here.mailbox = here.mailbox, mailbox
    keeps_turn = False
    try:
        keeps_turn = _handle_waiting(mailbox, until)
    finally:
        here.mailbox = outer
        if not keeps_turn:
            if mailbox.on_idle is not None:
                mailbox.on_idle()
            mailbox.release()


def _handle_waiting(mailbox: Mailbox, until: PooledFuture[Any] | None) -> bool:
    """Handle messages; say whether the turn stays taken, by a coroutine or by the end."""
    if mailbox.state >= CLOSED:
        end(mailbox)
        return True
    actor = mailbox.actor
    if mailbox.starting and _start(mailbox, actor):
        return True
    if actor._takes_batches:
        return _handle_batch(mailbox, actor)
    waiting = mailbox.queue
    receive = actor.on_receive
    for _ in range(mailbox.dispatcher.throughput):
        try:
            envelope = waiting.popleft()
        except IndexError:
            return False
        message = envelope.message
        mailbox.current = envelope
        try:
            if isinstance(message, tuple) and isinstance(message, _SPECIAL_MESSAGES):
                if isinstance(message, (SystemWork, messages._ActorStop)):
                    if _handle_system(mailbox, envelope):
                        return True
                    continue
                result = actor._handle_receive(message)
            else:
                result = receive(message)
        except BaseException as error:
            gone = failed(mailbox, error, envelope)
            _pass_on_interrupt(error)
            if gone:
                return True
        else:
            if type(result) is CoroutineType:
                mailbox.runtime.loop.run(mailbox, envelope, result)
                return True
            reply = envelope.reply_to
            if reply is not None:
                answer(reply, result)
        mailbox.current = None
        if mailbox.state >= CLOSED:
            end(mailbox)
            return True
        if until is not None and until._done:
            return False
    return False


def _handle_batch(mailbox: Mailbox, actor: PooledActor) -> bool:
    """Hand the actor what is waiting in one go, up to the next message of Pykka's own."""
    waiting = mailbox.queue
    batch: list[Envelope[Any]] = []
    while len(batch) < actor.batch_limit:
        try:
            envelope = waiting.popleft()
        except IndexError:
            break
        if isinstance(envelope.message, _SPECIAL_MESSAGES):
            if batch:
                # Nobody else takes from the queue while we have the turn.
                waiting.appendleft(envelope)
                break
            return _handle_in_batch_actor(mailbox, actor, envelope)
        batch.append(envelope)
    if not batch:
        return False
    try:
        actor.on_batch(batch)
    except BaseException as error:
        for envelope in batch:
            if envelope.reply_to is not None:
                refuse(envelope.reply_to, error)
        if failed(mailbox, error, None):
            return True
    if mailbox.state >= CLOSED:
        end(mailbox)
        return True
    return False


def _handle_in_batch_actor(mailbox: Mailbox, actor: PooledActor, envelope: Envelope[Any]) -> bool:
    if isinstance(envelope.message, (SystemWork, messages._ActorStop)):
        return _handle_system(mailbox, envelope)
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
    if isinstance(envelope.message, messages._ActorStop):
        restarted = _stopped_by_itself(mailbox)
        if not restarted:
            stop(mailbox)
        if envelope.reply_to is not None:
            answer(envelope.reply_to, None)
        if restarted:
            return True
    else:
        message = mailbox.next_system()
        if isinstance(message, Halt):
            if message.group.covers(mailbox):
                message.group.halt(mailbox)
                return True
        elif failed(mailbox, message.error, None):
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


def _pass_on_interrupt(error: BaseException) -> None:
    """Ctrl-C in a thread that waits is for that thread, and not only for the actor."""
    if here.depth and isinstance(error, KeyboardInterrupt):
        raise error


def answer(future: Future[Any], value: Any) -> None:
    """Set the answer, unless somebody was quicker."""
    try:
        future.set(value)
    except queue.Full:
        pass


def refuse(future: Future[Any], error: BaseException) -> None:
    """Set an error as the answer, unless there is one."""
    try:
        future.set_exception((type(error), error, error.__traceback__))
    except queue.Full:
        pass


def failed(
    mailbox: Mailbox,
    error: BaseException,
    envelope: Envelope[Any] | None,
    *,
    must_stop: bool = False,
) -> bool:
    """The one path of every failure: tell the asker, the hook and the stream, decide.

    Args:
        mailbox: the failing actor's.
        error: what was raised.
        envelope: what was being handled; `None` for a hook or a batch.
        must_stop: this instance can't go on, whatever its class or parent says.

    Returns:
        whether a restart took the turn over; if not, the caller still has it.
    """
    actor = mailbox.actor
    reply = None if envelope is None else envelope.reply_to
    fatal = not isinstance(error, (Exception, asyncio.CancelledError))
    if fatal and here.depth and isinstance(error, KeyboardInterrupt):
        # Ctrl-C hit the thread that ran the actor while waiting for it. That thread gets it;
        # for the actor it is a failure like any other, with a handler broken off.
        error, fatal = InterruptedHandlerError(mailbox.name), False
    parent = mailbox.parent
    policy = actor.stop_on_failure
    supervised = parent is not None and not parent.ending
    stops = must_stop or fatal or (reply is None if policy is None else policy)
    if fatal and not supervised:
        mailbox.runtime._on_base_exception(mailbox, error)
    elif reply is None:
        logger.error("Unhandled exception in %s:", actor, exc_info=error)
    else:
        logger.info("Exception returned from %s to caller:", actor, exc_info=error)
    if stops and not supervised:
        close(mailbox)
    if reply is not None:
        refuse(reply, error)
    if fatal and not supervised:
        _call_on_stop(mailbox)
    elif stops or supervised or policy is not None:
        stops = (_call_on_failure(mailbox, error) and not supervised) or stops
    mailbox.current = None
    message = None if envelope is None else envelope.message
    if not supervised or parent is None:
        _tell_failed(mailbox, error, message, stops)
        return False
    # Told first: after the decision a new instance may be at work already.
    _tell_failed(mailbox, error, message, False)
    directive = parent.failed(mailbox, error)
    if directive is Directive.RESTART:
        return True
    if must_stop or directive is not Directive.RESUME:
        close(mailbox)
    return False


def _call_on_failure(mailbox: Mailbox, error: BaseException) -> bool:
    """Call the hook; if it fails too the actor ends, unless somebody supervises it."""
    try:
        mailbox.actor.on_failure(type(error), error, error.__traceback__)
    except Exception as second:
        logger.error("Unhandled exception in %s:", mailbox.ref, exc_info=second)
        if mailbox.parent is None:
            close(mailbox)
        return True
    return False


def _tell_failed(mailbox: Mailbox, error: BaseException, message: Any, stopped: bool) -> None:
    events = mailbox.runtime.events
    if events:
        events.publish(ActorFailed(mailbox.ref, error, message, stopped))


def let_go(mailbox: Mailbox, error: BaseException | None) -> None:
    """Prepare an actor, whose turn the caller has, for its successor."""
    actor = mailbox.actor
    try:
        actor.pre_restart(error)
    except Exception as second:
        hook_failed(mailbox, second)
    # What it had set aside is for the next one, ahead of what came later.
    mailbox.queue.extendleft(reversed(actor._give_up()))
    if mailbox.children is not None:
        mailbox.children.stop_all()


def revive(child: Child, error: BaseException | None) -> None:
    """Put a new instance behind a mailbox whose turn the caller has, and let it run."""
    mailbox = child.mailbox
    try:
        actor = child.actor_class.__new__(child.actor_class, *child.args, **child.kwargs)
        actor._take_over(mailbox)
        actor.__init__(*child.args, **child.kwargs)
        actor.post_restart(error)
    except BaseException as second:
        if not failed(mailbox, second, None, must_stop=True):
            end(mailbox)
        return
    events = mailbox.runtime.events
    if events:
        events.publish(ActorRestarted(mailbox.ref, error))
    mailbox.starting = actor._has_on_start
    mailbox.release()


def close(mailbox: Mailbox) -> bool:
    """Close the mailbox and take the actor off the registry; say whether it was open."""
    if not mailbox.close():
        return False
    _forget(mailbox)
    return True


def _forget(mailbox: Mailbox) -> None:
    mailbox.runtime._forget(mailbox.ref)
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug("Stopped %s", mailbox.ref)


def retire(mailbox: Mailbox) -> bool:
    """End the actor if no message is waiting; say whether it ended."""
    if not mailbox.retire():
        return False
    _forget(mailbox)
    _call_on_stop(mailbox)
    return True


def kill(mailbox: Mailbox) -> None:
    """End the actor now, or as soon as its handler returns, from any thread."""
    if close(mailbox) and mailbox.take_turn():
        end(mailbox)


def stop(mailbox: Mailbox) -> None:
    """End the actor by its own will: close, then its `on_stop`."""
    if close(mailbox):
        if mailbox.children is not None:
            mailbox.children.stop_all()
        _call_on_stop(mailbox)


def _call_on_stop(mailbox: Mailbox) -> None:
    try:
        result: Any = mailbox.actor.on_stop()  # type: ignore[func-returns-value]  # may be async
        if type(result) is CoroutineType:
            mailbox.runtime.loop.run_detached(mailbox, result)
    except Exception as error:
        hook_failed(mailbox, error)


def hook_failed(mailbox: Mailbox, error: Exception) -> None:
    """Tell that the hook of an actor failed which is stopped anyway."""
    logger.error("Unhandled exception in %s:", mailbox.ref, exc_info=error)
    events = mailbox.runtime.events
    if events:
        events.publish(ActorFailed(mailbox.ref, error, None, True))


def end(mailbox: Mailbox) -> None:
    """Clear up after a closed mailbox: what is left becomes dead letters."""
    dead_letters = mailbox.runtime.dead_letters
    reason = "stopped before handling the message"
    for envelope in mailbox.actor._give_up():
        dead_letters.add(envelope, mailbox.ref, reason)
    for envelope in mailbox.drain():
        if isinstance(envelope.message, SystemWork):
            message = mailbox.next_system()
            if isinstance(message, Halt):
                message.group.skip(mailbox)
        elif isinstance(envelope.message, messages._ActorStop):
            if envelope.reply_to is not None:
                answer(envelope.reply_to, None)
        else:
            dead_letters.add(envelope, mailbox.ref, reason)
    if mailbox.children is not None:
        mailbox.children.stop_all()
    if mailbox.parent is not None:
        mailbox.parent.forget(mailbox)
    # The turn stays taken from here on, so nobody looks for the actor; refs may live on.
    del mailbox.actor
    mailbox.tell_ended()
    events = mailbox.runtime.events
    if events:
        events.publish(ActorStopped(mailbox.ref))
