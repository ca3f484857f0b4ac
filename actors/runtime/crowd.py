"""Children by the hundred thousand, all of one make, that come and go."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .children import Child, Children
from .supervision import Decision, Directive, Restart, Scope, Strategy

if TYPE_CHECKING:
    from collections.abc import Callable

    from .actor import PooledActor
    from .mailbox import Mailbox
    from .ref import PooledRef

A = TypeVar("A", bound="PooledActor")


class Crowd(Children):
    """The children of an actor that has very many of them.

    Nothing is kept for a child that has not failed: the registry knows who they are, and one
    that is to be made again says itself how. They come and go in constant time, started from any
    thread.

    They have nothing to do with each other. So the intensity counts for each by itself, and one
    that exceeds it stops, and is no failure of its parent's. A child that was told to stop stops.
    """

    def __init__(
        self, parent: Mailbox, strategy: Strategy, again: Callable[[Any], tuple[Any, ...]]
    ) -> None:
        """Make an empty one, which becomes the actor's.

        Args:
            parent: the mailbox of the actor that supervises them.
            strategy: how; only one for one.
            again: returns the arguments with which an instance was made, for its successor.

        Raises:
            ValueError: the strategy takes siblings along.
        """
        if strategy.scope is not Scope.ONE_FOR_ONE:
            raise ValueError(f"A crowd is supervised one for one, not {strategy.scope.value}.")
        super().__init__(parent, strategy)
        self._again = again
        self._restarts_of: dict[Mailbox, tuple[float, ...]] = {}
        parent.children = self

    def start(self, actor_class: type[A], *args: Any) -> PooledRef[A]:
        """Make a child and let it run; from any thread.

        Args:
            actor_class: its class.
            args: for its `__init__`.

        Raises:
            RuntimeClosedError: the runtime is shut down or shutting down.
        """
        runtime = self.parent.runtime
        return cast("PooledRef[A]", runtime._start(actor_class, args, {}, self, Restart.TRANSIENT))

    def add(self, *_: Any) -> None:
        """Take in a child: that the registry knows it is enough."""
        self._refuse_if_closing()

    def forget(self, mailbox: Mailbox) -> None:
        """Drop what is known of a child that has ended."""
        if self._restarts_of:
            self._restarts_of.pop(mailbox, None)

    def is_permanent(self, mailbox: Mailbox) -> bool:
        """Whether this child comes back even after it stopped by itself: none does."""
        return False

    def _mailboxes(self) -> list[Mailbox]:
        refs = cast("list[PooledRef[Any]]", list(self.parent.runtime.registry.values()))
        return [ref.actor_inbox for ref in refs if ref.actor_inbox.parent is self]

    def _find(self, mailbox: Mailbox) -> Child:
        actor = mailbox.actor
        return Child(type(actor), self._again(actor), {}, Restart.TRANSIENT, mailbox)

    def _decide(self, child: Child, error: BaseException | None) -> Decision:
        decision = self._decision(child, self._restarts_of.get(child.mailbox, ()), error)
        self._restarts_of[child.mailbox] = decision.restarts
        if decision.directive is Directive.ESCALATE:
            return replace(decision, directive=Directive.STOP)
        return decision
