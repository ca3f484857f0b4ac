"""What is published reaches who subscribed, in order, and nobody who has gone."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import pykka
import pytest
from hypothesis import given
from hypothesis import strategies as st
from repertory.actors.runtime import (
    BoundedMailbox,
    DeadLetters,
    EventStream,
    PooledActor,
    Published,
    Runtime,
    Topics,
    WhenFull,
)

from .actors import Caller, Gate


class Listening(PooledActor):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Published] = []

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, Published):
            self.heard.append(message)
        return self.heard


def test_an_actor_and_a_callable_hear_what_is_published_under_their_topic(
    runtime: Runtime,
) -> None:
    ref, called = runtime.start(Listening), []
    runtime.topics.subscribe("a.b", ref)
    runtime.topics.subscribe("a.b", called.append)
    assert runtime.topics.publish("a.b", 1) == 2
    assert runtime.topics.publish("a.c", 2) == 0
    assert ref.ask("heard?") == called == [Published("a.b", 1)]


@pytest.mark.parametrize(
    ("pattern", "topic", "matches"),
    [
        ("orders.*", "orders.paid", True),
        ("orders.*", "orders", False),
        ("orders.*", "orders.paid.late", False),
        ("*.paid", "orders.paid", True),
        ("orders.*.late", "orders.paid.late", True),
        ("orders.**", "orders.paid.late", True),
        ("orders.**", "orders.paid", True),
        ("orders.**", "orders", False),
        ("**", "anything at.all", True),
        ("*", "one", True),
        ("o+", "oo", False),
        ("a.b", "axb", False),
    ],
)
def test_a_star_stands_for_one_word_and_two_at_the_end_for_more(
    runtime: Runtime, pattern: str, topic: str, matches: bool
) -> None:
    runtime.topics.subscribe(pattern, lambda _: None)
    assert runtime.topics.publish(topic, None) == matches


@pytest.mark.parametrize("pattern", ["", "a..b", ".", "**.a", "a.**.b"])
def test_what_is_no_pattern_is_refused(runtime: Runtime, pattern: str) -> None:
    with pytest.raises(ValueError, match="no pattern"):
        runtime.topics.subscribe(pattern, print)


words = st.lists(st.sampled_from(["a", "b", "*"]), min_size=1, max_size=3).map(".".join)


@given(patterns=st.lists(words), topics=st.lists(words))
def test_every_subscriber_hears_what_matches_whatever_was_asked_before(
    patterns: list[str], topics: list[str]
) -> None:
    hub = Topics(DeadLetters(EventStream()))
    heard: dict[int, list[str]] = {number: [] for number in range(len(patterns))}
    for number, pattern in enumerate(patterns):
        for topic in topics:  # so that what was found before is remembered, and forgotten
            hub.publish(topic, "early")
        hub.subscribe(pattern, lambda p, n=number: heard[n].append(p.topic))
    for one in heard.values():
        one.clear()
    for topic in topics:
        hub.publish(topic, "now")
    for number, pattern in enumerate(patterns):
        assert heard[number] == [topic for topic in topics if covers(pattern, topic)]


def covers(pattern: str, topic: str) -> bool:
    given, asked = pattern.split("."), topic.split(".")
    return len(given) == len(asked) and all(
        word in ("*", other) for word, other in zip(given, asked, strict=True)
    )


def test_what_each_publisher_sends_keeps_its_order(runtime: Runtime) -> None:
    ref = runtime.start(Listening)
    runtime.topics.subscribe("*", ref)

    def publish(name: str) -> None:
        for number in range(200):
            runtime.topics.publish(name, number)

    threads = [threading.Thread(target=publish, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    heard = ref.ask("heard?")
    for name in "abc":
        assert [one.message for one in heard if one.topic == name] == list(range(200))


def test_who_cancels_or_ends_hears_no_more_and_is_forgotten(runtime: Runtime) -> None:
    ref, other = runtime.start(Listening), runtime.start(Listening)
    subscription = runtime.topics.subscribe("t", ref)
    runtime.topics.subscribe("t", other)
    subscription.cancel()
    subscription()
    assert runtime.topics.publish("t", 1) == 1
    assert ref.ask("heard?") == []
    other.stop()
    assert other.actor_stopped.wait(20)
    assert runtime.topics.subscriptions == ()
    assert runtime.topics.publish("t", 2) == 0
    runtime.topics.subscribe("t", other)
    assert runtime.topics.subscriptions == ()


def test_who_ends_while_it_is_published_to_is_unsubscribed(runtime: Runtime) -> None:
    class Dying(Listening):
        def on_receive(self, message: Any) -> Any:
            self.stop()

    ref, after = runtime.start(Dying), []
    runtime.topics.subscribe("t", ref)
    runtime.topics.subscribe("t", after.append)
    runtime.topics.publish("t", 1)
    assert ref.actor_stopped.wait(20)
    runtime.topics.publish("t", 2)
    assert [one.message for one in after] == [1, 2]


def test_a_callable_that_fails_keeps_nothing_from_the_others(
    runtime: Runtime, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[Published] = []

    def fails(error: Exception, _: Published) -> None:
        raise error

    for error in (ValueError("mine"), pykka.ActorDeadError("somebody else's")):
        runtime.topics.subscribe("t", partial(fails, error))
    runtime.topics.subscribe("t", heard.append)
    for _ in range(2):
        assert runtime.topics.publish("t", 1) == 3
    assert len(heard) == 2
    assert caplog.text.count("A subscriber of 't' failed") == 4


def test_what_a_full_mailbox_refuses_is_a_dead_letter_and_no_error_of_the_publisher(
    runtime: Runtime,
) -> None:
    class Small(Caller):
        mailbox_type = partial(BoundedMailbox, 1, WhenFull.REFUSE)

    ref = runtime.start(Small)
    runtime.topics.subscribe("t", ref)
    with Gate() as gate:
        ref.tell(gate)
        assert gate.reached.wait(20)
        assert [runtime.topics.publish("t", gate) for _ in range(3)] == [1, 0, 0]
        assert runtime.dead_letters.total == 2
