"""How an actor ends: closed first, then its hook, then what is left in its mailbox."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from types import CoroutineType
from typing import TYPE_CHECKING, Any

import pykka
from pykka import messages

from .errors import InterruptedHandlerError
from .future import answer, refuse
from .interrupts import put_aside
from .lifecycle import ActorFailed, ActorStopped
from .states import ENDED
from .system_messages import Halt, StopNow, SystemWork

if TYPE_CHECKING:
    from .envelope import Envelope
    from .mailbox import Mailbox

logger = logging.getLogger("repertory.actors.runtime")


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
    call_on_stop(mailbox)
    return True


def vacate(mailbox: Mailbox) -> list[Envelope[Any]]:
    """End the actor from inside a handler; return what it has not come to, in its order."""
    if not close(mailbox):
        return []
    call_on_stop(mailbox)
    left = mailbox.actor._give_up()
    for envelope in mailbox.drain():
        if not _stands_for_the_runtime(mailbox, envelope):
            left.append(envelope)
    return left


def retire_idle(mailbox: Mailbox, may: Callable[[Any], bool]) -> bool:
    """End the actor, from any thread, if it has nothing to do; say whether it ended.

    Args:
        mailbox: the actor's.
        may: called with the actor, which nobody runs meanwhile; whether it may end.
    """
    if mailbox.queue or not mailbox.take_free_turn():
        return False
    try:
        gone = not mailbox.closed and may(mailbox.actor) and retire(mailbox)
    except BaseException:
        mailbox.release()
        raise
    if mailbox.closed:
        end(mailbox)
    else:
        mailbox.release()
    return gone


def kill(mailbox: Mailbox) -> None:
    """End the actor now, or as soon as its handler returns, from any thread."""
    if close(mailbox) and mailbox.take_turn():
        end(mailbox)


def abandon(mailbox: Mailbox) -> None:
    """End the actor now, from any thread; nobody waits for a handler that goes on all the same."""
    kill(mailbox)
    envelope = mailbox.current
    if mailbox.state == ENDED:
        return
    if envelope is not None and envelope.reply_to is not None:
        text = f"{mailbox.ref} had not handled the message when its runtime ended"
        refuse(envelope.reply_to, pykka.ActorDeadError(text))
    _bury(mailbox, mailbox.drain())


def stop(mailbox: Mailbox, envelope: Envelope[Any] | None = None) -> bool:
    """End the actor by its own will: close, stop its children, then its `on_stop`.

    Args:
        mailbox: the actor's.
        envelope: the stop being handled, if it is one.

    Returns:
        whether an async `on_stop` took the turn over, and the envelope.
    """
    if not close(mailbox):
        return False
    if mailbox.children is not None:
        now = envelope is not None and isinstance(envelope.message, StopNow)
        mailbox.children.stop_all(now=now)
    return call_on_stop(mailbox, envelope) and envelope is not None


def call_on_stop(mailbox: Mailbox, envelope: Envelope[Any] | None = None) -> bool:
    """Call the hook; say whether it is async, and will end the actor if it has the envelope."""
    try:
        result: Any = mailbox.actor.on_stop()  # type: ignore[func-returns-value]  # may be async
    except BaseException as error:
        hook_failed(mailbox, error)
        return False
    if type(result) is CoroutineType:
        mailbox.runtime.loop.run_stop(mailbox, envelope, result)
        return True
    return False


def hook_failed(mailbox: Mailbox, error: BaseException) -> None:
    """Tell that the hook of an actor failed which is stopped anyway."""
    if put_aside(error):
        error = InterruptedHandlerError(mailbox.name)
    logger.error("Unhandled exception in %s:", mailbox.ref, exc_info=error)
    events = mailbox.runtime.events
    if events:
        events.publish(ActorFailed(mailbox.ref, error, None, True))


def settle(mailbox: Mailbox, message: Any) -> None:
    """See to a message of the runtime that came too late for an actor."""
    if isinstance(message, Halt):
        message.group.skip(mailbox)
    elif isinstance(message, StopNow):
        answer(message.reply_to, None)


def _stands_for_the_runtime(mailbox: Mailbox, envelope: Envelope[Any]) -> bool:
    """Settle a stop, or a message of the runtime, that an ended actor has left; else `False`."""
    if isinstance(envelope.message, SystemWork):
        settle(mailbox, mailbox.next_system())
        return True
    if isinstance(envelope.message, messages._ActorStop):
        if envelope.reply_to is not None:
            answer(envelope.reply_to, None)
        return True
    return False


def _bury(mailbox: Mailbox, left: Iterable[Envelope[Any]]) -> None:
    """Make dead letters of what an ended actor has left."""
    for envelope in left:
        if not _stands_for_the_runtime(mailbox, envelope):
            mailbox.runtime.dead_letters.add(
                envelope, mailbox.ref, "stopped before handling the message"
            )


def end(mailbox: Mailbox) -> None:
    """Clear up after a closed mailbox, and say that the actor has ended."""
    clear(mailbox)
    events = mailbox.runtime.events
    if events:
        events.publish(ActorStopped(mailbox.ref))


def clear(mailbox: Mailbox) -> None:
    """Clear up after a closed mailbox: what is left becomes dead letters."""
    _bury(mailbox, mailbox.actor._give_up())
    _bury(mailbox, mailbox.drain())
    if mailbox.children is not None:
        mailbox.children.stop_all()
    if mailbox.parent is not None:
        mailbox.parent.forget(mailbox)
    if mailbox.on_idle is not None:
        mailbox.on_idle()
    # The turn stays taken from here on, so nobody looks for the actor; refs may live on.
    del mailbox.actor
    mailbox.tell_ended()
