"""Many senders, random stops, crashes and retirements: the counts add up."""

from __future__ import annotations

import random
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pykka
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repertory.actors.runtime import (
    DeadLetter,
    PooledActor,
    PooledFuture,
    Runtime,
    SteppedDispatcher,
)

SENDERS = 4
MESSAGES = 250
ACTORS = 5
ORDERS = {
    "calm": ["none"],
    "crashing": ["none"] * 8 + ["crash"],
    "stopping": ["none"] * 8 + ["stop", "retire"],
    "async": ["none", "none", "async"],
    "everything": ["none"] * 12 + ["crash", "stop", "retire", "async", "async"],
}

Key = tuple[int, int]


@pytest.fixture(autouse=True, scope="module")
def _switch_threads_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


class Ledger:
    """What happened to each message, written down as it happens."""

    def __init__(self, setter: Any) -> None:
        self.setter = setter
        self.handled: defaultdict[str, list[Key]] = defaultdict(list)
        self.refused: list[Key] = []
        self.dead: list[Key] = []
        self.overlaps: list[Key] = []
        self.wrong_answers: list[Any] = []

    def bury(self, letter: DeadLetter) -> None:
        self.dead.append(letter.message[:2])

    def note(self, key: Key, answer: Any) -> None:
        """Take in how an ask ended."""
        if isinstance(answer, pykka.ActorDeadError):
            if "not found" in str(answer):
                self.refused.append(key)
        elif isinstance(answer, ValueError):
            if answer.args != (key,):
                self.wrong_answers.append((key, answer))
        elif answer != key:
            self.wrong_answers.append((key, answer))

    def check(self, sent: list[Key]) -> None:
        """Each message met exactly one fate, in order, and alone."""
        fates = Counter(self.refused) + Counter(self.dead)
        for keys in self.handled.values():
            fates += Counter(keys)
        assert {key: fates[key] for key in sent if fates[key] != 1} == {}
        assert len(fates) == len(sent)
        assert self.overlaps == []
        assert self.wrong_answers == []
        for keys in self.handled.values():
            for sender in range(SENDERS):
                numbers = [number for who, number in keys if who == sender]
                assert numbers == sorted(numbers)


class Victim(PooledActor):
    """Handles numbered messages, and does to itself what they say."""

    stop_on_failure = False

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self.ledger = ledger
        self.inside = False

    def on_receive(self, message: Any) -> Any:
        key, order = message[:2], message[2]
        if self.inside:
            self.ledger.overlaps.append(key)
        self.inside = True
        self.ledger.handled[self.actor_urn].append(key)
        if order == "async":
            return self.later(key)
        if order == "retire":
            self.retire()
        elif order == "stop":
            self.stop()
        self.inside = False
        if order == "crash":
            raise ValueError(key)
        return key

    async def later(self, key: Key) -> Key:
        future: PooledFuture[Key] = PooledFuture()
        self.ledger.setter.tell((future, key))
        try:
            return await future
        finally:
            self.inside = False


class Setter(PooledActor):
    def on_receive(self, message: Any) -> None:
        future, key = message
        future.set(key)


class Fatal(Victim):
    stop_on_failure = True


def send(runtime: Runtime, ledger: Ledger, refs: list[Any], sender: int, seed: str) -> None:
    chance = random.Random(f"{seed}{sender}")
    asked: list[tuple[Key, Any]] = []
    for number in range(MESSAGES):
        key = (sender, number)
        place = chance.randrange(len(refs))
        ref = refs[place]
        message = (*key, chance.choice(ORDERS[seed.split("-")[0]]))
        way = chance.random()
        if way < 0.6:
            try:
                ref.tell(message)
            except pykka.ActorDeadError:
                ledger.refused.append(key)
        elif way < 0.8:
            timeout = None if way < 0.7 else 60
            ledger.note(key, outcome(ref.ask, message, timeout=timeout))
        else:
            asked.append((key, ref.ask(message, block=False)))
        if not ref.is_alive():
            refs[place] = runtime.start(chance.choice([Victim, Fatal]), ledger)
        elif chance.random() < 0.01:
            ref.stop(block=False)
    for key, future in asked:
        ledger.note(key, outcome(future.get, timeout=60))


def outcome(get: Any, *args: Any, **kwargs: Any) -> Any:
    try:
        return get(*args, **kwargs)
    except (ValueError, pykka.ActorDeadError) as error:
        return error


def storm(runtime: Runtime, seed: str) -> Ledger:
    """Let all the senders loose and write down what becomes of their messages."""
    # The oldest is the last to be stopped, so it answers until the end.
    ledger = Ledger(runtime.start(Setter))
    runtime.events.subscribe(ledger.bury, DeadLetter)
    refs: list[Any] = [runtime.start(Victim, ledger) for _ in range(ACTORS)]
    errors: list[BaseException] = []

    def sender(number: int) -> None:
        try:
            send(runtime, ledger, refs, number, seed)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=sender, args=(number,)) for number in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert runtime.shutdown(timeout=60)
    return ledger


@pytest.mark.parametrize("round_", range(3))
@pytest.mark.parametrize("kind", ORDERS)
@pytest.mark.parametrize("workers", [1, 3])
def test_every_message_meets_exactly_one_fate(kind: str, workers: int, round_: int) -> None:
    ledger = storm(Runtime("test", workers=workers), f"{kind}-{round_}")
    ledger.check([(sender, number) for sender in range(SENDERS) for number in range(MESSAGES)])


# How long it takes says more about the machine than about the code.
@settings(deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_every_message_meets_exactly_one_fate_in_any_interleaving(
    data: st.DataObject, seed: int
) -> None:
    """The same without threads: a seed picks who goes next, and hypothesis who sends what."""
    dispatcher = SteppedDispatcher(seed)
    runtime = Runtime("test", dispatcher=dispatcher)
    ledger = Ledger(None)
    runtime.events.subscribe(ledger.bury, DeadLetter)
    refs: list[Any] = [runtime.start(Victim, ledger) for _ in range(2)]
    sent: list[Key] = []
    asked: list[tuple[Key, Any]] = []
    steps = st.tuples(
        st.sampled_from(["tell", "ask", "step", "stop"]),
        st.integers(0, 1),
        st.sampled_from(ORDERS["crashing"] + ORDERS["stopping"]),
    )
    for way, place, order in data.draw(st.lists(steps, max_size=60)):
        ref = refs[place]
        key = (place, len(sent))
        if way == "step":
            dispatcher.step()
        elif way == "stop":
            ref.stop(block=False)
        elif way == "ask":
            sent.append(key)
            asked.append((key, ref.ask((*key, order), block=False)))
        else:
            sent.append(key)
            try:
                ref.tell((*key, order))
            except pykka.ActorDeadError:
                ledger.refused.append(key)
        if not ref.is_alive():
            refs[place] = runtime.start(data.draw(st.sampled_from([Victim, Fatal])), ledger)
    dispatcher.run_all()
    assert runtime.shutdown()
    for key, future in asked:
        assert future.done
        ledger.note(key, outcome(future.get))
    ledger.check(sent)
