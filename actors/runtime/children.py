"""An actor's children: started by it, supervised for it, and stopped with it."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pykka

from . import ending, failing
from .context import here
from .errors import ActorRuntimeError, AskRingError
from .future import PooledFuture
from .supervision import Decision, Directive, Restart, Scope, Strategy, decide
from .system_messages import Escalated, Halt

if TYPE_CHECKING:
    from .mailbox import Mailbox


@dataclass(frozen=True, eq=False, slots=True)
class Child:
    """How to make one child again, and its mailbox, which outlives its instances."""

    actor_class: type[Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    restart: Restart
    mailbox: Mailbox


class Children:
    """The children of one actor, and the restarts that count against its intensity.

    The decision about a child is taken in the thread in which it failed, so a busy parent
    holds nothing up.
    """

    def __init__(self, parent: Mailbox, strategy: Strategy) -> None:
        self.parent = parent
        self.strategy = strategy
        self.lock = threading.RLock()
        # Oldest first.
        self._children: dict[Mailbox, Child] = {}
        self._restarts: tuple[float, ...] = ()
        self._closing = False
        # Groups come one after the other: two at once would wait for each other's members.
        self._active: GroupRestart | None = None
        self._queued: list[GroupRestart] = []
        self._delayed: set[GroupRestart] = set()

    @property
    def refs(self) -> list[pykka.ActorRef[Any]]:
        """The children's refs, oldest first."""
        with self.lock:
            return [mailbox.ref for mailbox in self._mailboxes()]

    def _mailboxes(self) -> list[Mailbox]:
        return list(self._children)

    def _find(self, mailbox: Mailbox) -> Child | None:
        return self._children.get(mailbox)

    @property
    def ending(self) -> bool:
        """Whether nothing is restarted any more."""
        return self._closing or self.parent.runtime._closing

    def add(
        self,
        actor_class: type[Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        restart: Restart,
        mailbox: Mailbox,
    ) -> None:
        """Take in a child that was just made."""
        with self.lock:
            self._refuse_if_closing()
            self._children[mailbox] = Child(actor_class, args, kwargs, restart, mailbox)

    def _refuse_if_closing(self) -> None:
        if self._closing:
            raise ActorRuntimeError(f"{self.parent.name} is ending: it can't start children.")

    def forget(self, mailbox: Mailbox) -> None:
        """Drop a child that has ended, or shall not be restarted."""
        with self.lock:
            self._children.pop(mailbox, None)

    def is_permanent(self, mailbox: Mailbox) -> bool:
        """Whether this child comes back even after it stopped by itself."""
        with self.lock:
            child = self._find(mailbox)
            return not self.ending and child is not None and child.restart is Restart.PERMANENT

    def failed(self, mailbox: Mailbox, error: BaseException | None) -> Directive:
        """Decide about a child, whose turn the caller has, and see to it.

        Args:
            mailbox: the child's.
            error: what it raised; `None` if it stops by itself.

        Returns:
            what was decided. After `RESTART` the turn is no longer the caller's; after `STOP`
            and `ESCALATE` the caller ends the child.
        """
        with self.lock:
            child = self._find(mailbox)
            if child is None or self.ending:
                return Directive.STOP
            active = self._active
            if active is not None and active.covers(mailbox):
                active.halt(mailbox)
                return Directive.RESTART
            decision = self._decide(child, error)
            if decision.directive is Directive.RESTART:
                group = GroupRestart(self, self._group(child), mailbox, error, decision.delay)
                if self.strategy.scope is not Scope.ONE_FOR_ONE:
                    if self._active is not None:
                        self._queued.append(group)
                        group.wait_for(self._active)
                        return Directive.RESTART
                    self._active = group
        if decision.directive is Directive.RESTART:
            group.proceed()
        elif decision.directive is Directive.ESCALATE:
            cause = error or ActorRuntimeError(f"{mailbox.name} stopped once too often.")
            self.parent.put_system(Escalated(cause, self._why(mailbox, error)))
        return decision.directive

    def _why(self, mailbox: Mailbox, error: BaseException | None) -> str:
        strategy = self.strategy
        if strategy.directive(error) is Directive.ESCALATE:
            return f"its strategy has what its child {mailbox.name} raised escalate"
        what = "stopped" if error is None else "failed"
        return (
            f"its child {mailbox.name} has {what}, and its children "
            f"were restarted as often as they may be: "
            f"max_restarts={strategy.max_restarts} within {strategy.within:g} s"
        )

    def _decide(self, child: Child, error: BaseException | None) -> Decision:
        """Decide about a child, and remember the restarts for the next time."""
        decision = self._decision(child, self._restarts, error)
        self._restarts = decision.restarts
        return decision

    def _decision(
        self, child: Child, restarts: tuple[float, ...], error: BaseException | None
    ) -> Decision:
        now = self.parent.runtime.clock.monotonic()
        return decide(self.strategy, child.restart, restarts, error, now, random.random())

    def _group(self, failed: Child) -> list[Child]:
        if self.strategy.scope is Scope.ONE_FOR_ONE:
            return [failed]
        if self.strategy.scope is Scope.REST_FOR_ONE:
            children = list(self._children.values())
            return children[children.index(failed) :]
        return list(self._children.values())

    def delay(self, group: GroupRestart, seconds: float) -> bool:
        """Let `group` come back after so many seconds; `False` if nothing is to come back."""
        with self.lock:
            if self.ending:
                return False
            self._delayed.add(group)
        self.parent.runtime.clock.call_later(seconds, self._end_delay, group)
        return True

    def _end_delay(self, group: GroupRestart) -> None:
        with self.lock:
            if group not in self._delayed:
                return
            self._delayed.remove(group)
        group.revive()

    def finished(self, group: GroupRestart) -> None:
        """Begin with the next group; the members of this one may fail again from now on."""
        with self.lock:
            if self._active is not group:
                return
            self._active = following = self._queued.pop(0) if self._queued else None
            if following is not None:
                # Children that wait for a group of their own come along with this one.
                self._queued = [other for other in self._queued if not following.absorb(other)]
                following.wait_for(following)
                for other in self._queued:
                    other.wait_for(following)
        if following is not None:
            following.proceed()

    def cut_short(self) -> None:
        """End what waits for its restart; only once this is `ending`."""
        with self.lock:
            delayed, self._delayed = self._delayed, set()
        for group in delayed:
            group.revive()

    def stop_all(self, *, now: bool = False) -> None:
        """Stop the children, the youngest first, and wait for each where that is possible.

        Args:
            now: whether what waits for them is left.
        """
        with self.lock:
            self._closing = True
            mailboxes = self._mailboxes()
        self.cut_short()
        for mailbox in reversed(mailboxes):
            try:
                # On the event loop nobody may wait; the order of the stops still holds.
                mailbox.ref.stop(block=not here.serves_loop, now=now)
            except AskRingError:
                # It waits for its parent, which has ended for it: there is no answer to come.
                ending.kill(mailbox)
        with self.lock:
            self._closing = False


class GroupRestart:
    """Brings a group of children to a halt, youngest first, and back, oldest first."""

    def __init__(
        self,
        children: Children,
        group: list[Child],
        failed: Mailbox,
        error: BaseException | None,
        delay: float,
    ) -> None:
        self._children = children
        self._group = group
        self._error = error
        self._delay = delay
        self._failed = failed
        self._halted: set[Mailbox] = {failed}
        self._gone: set[Mailbox] = set()
        self._asked: Mailbox | None = None
        # Whoever asks a child that is halted waits for this one, which shows in a ring.
        self._pending: PooledFuture[None] = PooledFuture()
        failed.waits_for = self._pending

    def covers(self, mailbox: Mailbox) -> bool:
        """Whether this child still is to be halted."""
        return mailbox not in self._halted and any(c.mailbox is mailbox for c in self._group)

    def wait_for(self, active: GroupRestart) -> None:
        """Show, to whoever looks for a ring, whom the failed child waits for now."""
        self._failed.waits_for = active._pending

    def absorb(self, other: GroupRestart) -> bool:
        """Take over what `other` was to do, if this group covers it; say whether it does."""
        if not self.covers(other._failed):
            return False
        self._halted.add(other._failed)
        other._failed.waits_for = self._pending
        return True

    def halt(self, mailbox: Mailbox) -> None:
        """Go on: `mailbox`, whose turn the caller gives to this, holds still now."""
        with self._children.lock:
            self._halted.add(mailbox)
            mailbox.waits_for = self._pending
            awaited = self._asked is mailbox
        if awaited:
            self.proceed()

    def skip(self, mailbox: Mailbox) -> None:
        """Go on without a child that ended meanwhile."""
        with self._children.lock:
            if mailbox in self._halted:
                return
            self._gone.add(mailbox)
            awaited = self._asked is mailbox
        if awaited:
            self.proceed()

    def proceed(self) -> None:
        """Halt the next one, or when all are halted let them come back."""
        for child in reversed(self._group):
            mailbox = child.mailbox
            with self._children.lock:
                if mailbox in self._halted or mailbox in self._gone:
                    continue
                self._asked = self._pending.worker = mailbox
            if mailbox.put_system(Halt(self)):
                return
            with self._children.lock:
                if self._asked is not mailbox or mailbox in self._halted:
                    # It failed before it ended, and whoever ran it went on with this group.
                    return
                self._gone.add(mailbox)
        self._asked = self._pending.worker = None
        self._group = [child for child in self._group if child.mailbox not in self._gone]
        for child in reversed(self._group):
            failing.let_go(child.mailbox, self._error)
        if self._delay <= 0 or not self._children.delay(self, self._delay):
            self.revive()

    def revive(self) -> None:
        """Let new instances take the halted ones' places, oldest first."""
        self._children.finished(self)
        for child in self._group:
            child.mailbox.waits_for = None
            temporary = child.restart is Restart.TEMPORARY
            if temporary or self._children.ending:
                ending.close(child.mailbox)
                ending.end(child.mailbox)
            else:
                failing.revive(child, self._error)
