"""Families of actors that fail, stop and ask each other at random: all of it ends."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pykka
import pytest
from repertory.actors.runtime import (
    AskRingError,
    Backoff,
    PooledActor,
    Restart,
    Runtime,
    Scope,
    Strategy,
)

EXPECTED = (pykka.ActorDeadError, ValueError, AskRingError)


@pytest.fixture(autouse=True)
def _switch_threads_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


class Kid(PooledActor):
    def on_receive(self, message: Any) -> Any:
        if message == "fail":
            raise ValueError(message)
        if message == "stop":
            self.stop()
        elif isinstance(message, list):
            return message[0].ask("hello")
        return "fine"


class AsyncKid(PooledActor):
    async def on_receive(self, message: Any) -> Any:
        if message == "fail":
            raise ValueError(message)
        if isinstance(message, list):
            return await message[0].ask("hello", block=False)
        return "fine"


def storm(refs: list[Any], seed: str, errors: list[BaseException]) -> None:
    chance = random.Random(seed)
    asked: list[Any] = []
    try:
        for _ in range(40):
            ref = chance.choice(refs)
            other = [chance.choice(refs)]
            message = chance.choice(["fail", "stop", "hello", "hello", "hello", other])
            way = chance.random()
            try:
                if way < 0.3:
                    ref.tell(message)
                elif way < 0.6:
                    asked.append(ref.ask(message, block=False))
                else:
                    ref.ask(message, timeout=chance.choice([None, 60]))
            except EXPECTED:
                pass
        for future in asked:
            try:
                future.get(timeout=60)
            except EXPECTED:
                pass
    except BaseException as error:
        errors.append(error)


@pytest.mark.parametrize("round_", range(4))
@pytest.mark.parametrize("delay", [0, 0.0005])
@pytest.mark.parametrize("scope", Scope)
def test_every_ask_ends_and_permanent_children_are_there_afterwards(
    scope: Scope, delay: float, round_: int
) -> None:
    chance = random.Random(f"{scope}{delay}{round_}")

    class Parent(PooledActor):
        supervision = Strategy(
            scope, max_restarts=1_000_000, backoff=Backoff(delay, maximum=2 * delay, jitter=0.5)
        )

        def on_receive(self, restarts: Any) -> Any:
            return [
                self.start_child(chance.choice([Kid, AsyncKid]), restart=restart)
                for restart in restarts
            ]

    runtime = Runtime("test", workers=chance.choice([1, 2, 3]))
    restarts = [chance.choice(list(Restart)) for _ in range(6)]
    refs = runtime.start(Parent).ask(restarts)
    errors: list[BaseException] = []
    threads = [
        threading.Thread(target=storm, args=(refs, f"{scope}{delay}{round_}{number}", errors))
        for number in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    for ref, restart in zip(refs, restarts, strict=True):
        if restart is Restart.PERMANENT:
            assert ref.ask("hello", timeout=60) == "fine"
    assert runtime.shutdown(timeout=60)
    assert not runtime.registry
