"""Publish and subscribe by topic: who publishes need not know who listens."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pykka

from .envelope import Envelope
from .errors import MailboxFullError
from .interrupts import is_for_the_caller, put_aside
from .ref import PooledRef

if TYPE_CHECKING:
    from .dead_letters import DeadLetters

logger = logging.getLogger(__name__)

_REMEMBERED = 1024
"""Topics whose subscribers are remembered; beyond that they are looked up anew."""


@dataclass(frozen=True, slots=True)
class Published:
    """What a subscriber of a topic gets.

    Attributes:
        topic: what it was published under.
        message: what was published.
    """

    topic: str
    message: Any


Listener = pykka.ActorRef[Any] | Callable[[Published], object]


class TopicSubscription:
    """One subscriber's place, until `cancel` is called or the actor has ended."""

    __slots__ = ("_topics", "listener", "matches", "pattern")

    def __init__(self, topics: Topics, pattern: str, listener: Listener) -> None:
        self._topics = topics
        self.pattern = pattern
        self.listener = listener
        self.matches = _compile(pattern).fullmatch

    def cancel(self, _: object = None) -> None:
        """Hear no more; to call it twice does no harm."""
        self._topics._remove(self)

    __call__ = cancel


class Topics:
    """The topics of a runtime: any text, by convention words with dots between them.

    A pattern is a topic in which `*` stands for one word, and `**` at the end for one or more.
    A message is given to each subscriber in the publisher's thread: what one thread publishes
    reaches each subscriber in that order. To an actor it is a message like any other, which
    its mailbox may refuse. Whoever subscribes twice hears everything twice.

    Args:
        dead_letters: gets what a full mailbox has refused.

    Example:
        ```py
        runtime.topics.subscribe("orders.*", ref)
        runtime.topics.publish("orders.paid", {"id": 7})  # ref gets a Published
        ```
    """

    def __init__(self, dead_letters: DeadLetters) -> None:
        self._dead_letters = dead_letters
        # Both are replaced as a whole: publishers read them without a lock.
        self._subscriptions: tuple[TopicSubscription, ...] = ()
        self._found: dict[str, tuple[TopicSubscription, ...]] = {}
        self._changing = threading.RLock()

    @property
    def subscriptions(self) -> tuple[TopicSubscription, ...]:
        """Those that there are, oldest first."""
        return self._subscriptions

    def subscribe(self, pattern: str, listener: Listener) -> TopicSubscription:
        """Have `listener` get each message that is published under a topic that matches.

        Args:
            pattern: a topic, or several: `orders.paid`, `orders.*`, `orders.**`.
            listener: an actor's ref, which is told a `Published` and is unsubscribed when it
                ends; or a callable, which is called with one in the publisher's thread and must
                be short.

        Raises:
            TypeError: the pattern is no text, or the listener neither an actor's ref nor callable.
            ValueError: the pattern has an empty word, or `**` before its end.
        """
        if not isinstance(pattern, str):
            raise TypeError(f"A topic's pattern is text, such as 'orders.*', not {pattern!r}.")
        if not (isinstance(listener, pykka.ActorRef) or callable(listener)):
            raise TypeError(f"{listener!r} can't listen; give an actor's ref, or a callable.")
        subscription = TopicSubscription(self, pattern, listener)
        with self._changing:
            self._subscriptions = (*self._subscriptions, subscription)
            self._found = {}
        if isinstance(listener, PooledRef):
            listener.actor_inbox.ended.add_done_callback(subscription.cancel)
        return subscription

    def publish(self, topic: str, message: Any) -> int:
        """Give `message` to all who listen to `topic`; say how many there were.

        What a callable raises is logged and goes no further.
        """
        found = self._found.get(topic)
        if found is None:
            found = self._find(topic)
        if not found:
            return 0
        published, reached = Published(topic, message), 0
        for subscription in found:
            reached += self._give(subscription, published)
        return reached

    def _find(self, topic: str) -> tuple[TopicSubscription, ...]:
        with self._changing:
            found = tuple(one for one in self._subscriptions if one.matches(topic))
            if len(self._found) >= _REMEMBERED:
                self._found = {}
            self._found[topic] = found
        return found

    def _give(self, subscription: TopicSubscription, published: Published) -> bool:
        listener = subscription.listener
        if not isinstance(listener, pykka.ActorRef):
            try:
                listener(published)
            except BaseException as error:
                if not put_aside(error) and is_for_the_caller(error):
                    raise
                logger.exception("A subscriber of %r failed: %r", subscription.pattern, listener)
            return True
        try:
            listener.tell(published)
        except pykka.ActorDeadError:
            subscription.cancel()
            return False
        except MailboxFullError:
            reason = "refused the message: its mailbox was full"
            self._dead_letters.add(Envelope(published), listener, reason)
            return False
        return True

    def _remove(self, subscription: TopicSubscription) -> None:
        with self._changing:
            self._subscriptions = tuple(s for s in self._subscriptions if s is not subscription)
            self._found = {}
        if isinstance(subscription.listener, PooledRef):
            ended = subscription.listener.actor_inbox.ended
            ended.remove_done_callback(subscription.cancel)


def _compile(pattern: str) -> re.Pattern[str]:
    words = pattern.split(".")
    if "" in words or "**" in words[:-1]:
        raise ValueError(
            f"{pattern!r} is no pattern of topics: give words with dots between them, '*' for any "
            f"one word, '**' at the end for any that follow."
        )
    wild = {"*": r"[^.]+", "**": r".+"}
    return re.compile(r"\.".join(wild.get(word) or re.escape(word) for word in words), re.DOTALL)
