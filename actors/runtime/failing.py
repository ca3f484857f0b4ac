"""What follows when an actor fails: who is told, what is decided, and a new instance."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from .ending import call_on_stop, close, hook_failed
from .errors import InterruptedHandlerError
from .future import refuse
from .interrupts import put_aside
from .lifecycle import ActorFailed, ActorRestarted
from .supervision import Directive
from .system_messages import Stillborn

if TYPE_CHECKING:
    from .children import Child
    from .envelope import Envelope
    from .mailbox import Mailbox

logger = logging.getLogger("repertory.actors.runtime")


def failed(
    mailbox: Mailbox,
    error: BaseException,
    envelope: Envelope[Any] | None,
    *,
    must_stop: bool = False,
    why: str | None = None,
) -> bool:
    """The one path of every failure: tell the asker, the hook and the stream, decide.

    Args:
        mailbox: the failing actor's.
        error: what was raised.
        envelope: what was being handled; `None` for a hook or a batch.
        must_stop: this instance can't go on, whatever its class or parent says.
        why: how the failure of a child has become this actor's, for the log.

    Returns:
        whether a restart took the turn over; if not, the caller still has it.
    """
    actor = mailbox.actor
    reply = None if envelope is None else envelope.reply_to
    fatal = not isinstance(error, (Exception, asyncio.CancelledError))
    if put_aside(error):
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
        reason = "" if why is None else f", since {why}"
        logger.error("Unhandled exception in %s%s:", mailbox.name, reason, exc_info=error)
    else:
        logger.info("Exception returned from %s to caller:", mailbox.name, exc_info=error)
    if stops and not supervised:
        close(mailbox)
    if reply is not None:
        refuse(reply, error)
    if fatal and not supervised:
        call_on_stop(mailbox)
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
        try:
            actor.given_up(error)
        except BaseException as second:
            hook_failed(mailbox, second)
        close(mailbox)
    return False


def _call_on_failure(mailbox: Mailbox, error: BaseException) -> bool:
    """Call the hook; if it fails too the actor ends, unless somebody supervises it."""
    try:
        mailbox.actor.on_failure(type(error), error, error.__traceback__)
    except BaseException as second:
        put_aside(second)
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
    except BaseException as second:
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
        mailbox.put_system(Stillborn(mailbox.actor, second))
        mailbox.release()
        return
    mailbox.restarts += 1
    mailbox.runtime.restarts += 1
    events = mailbox.runtime.events
    if events:
        events.publish(ActorRestarted(mailbox.ref, error))
    mailbox.starting = actor._has_on_start
    mailbox.release()
