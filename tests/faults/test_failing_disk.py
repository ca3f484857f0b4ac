"""A disk that fails under a running system, at any change: nothing acknowledged is lost.

The disk fails once; or from some change on, until a sender has felt it; or for good, and the store
is opened on another one. Each by I/O errors and by being full. A seeded sample of all changes,
or all with REPERTORY_EVERY_WRITE=1.
"""

from __future__ import annotations

import itertools
import logging
import os
import random
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import Path
from typing import Any, get_args

import pytest
from repertory.actors import ActorSystem, WorkflowRef
from repertory.actors.errors import StoreError, WorkflowExists
from repertory.actors.events import Committed
from repertory.actors.runtime import ManualClock

from tests.crash.worker import Account

from .checks import the_rest_is_told, told_is_durable
from .failing import FailingDisk, Trouble
from .scenario import FIRST_LIFE, KEPT, Request, Ticker, opened
from .vfs import watched_by

EVERY = os.environ.get("REPERTORY_EVERY_WRITE") == "1"
SAMPLE = 8

ACCOUNTS = ["account-0", "account-1"]
REQUESTS = [
    Request(
        ACCOUNTS[number % 2],
        request.event,
        request.key,
        {**request.data, "to": ACCOUNTS[(number + 1) % 2]},
    )
    if request.event == "transfer"
    else Request(ACCOUNTS[number % 2], request.event, request.key, request.data)
    for number, request in enumerate(request for window in FIRST_LIFE[:4] for request in window)
]
WINDOWS = [REQUESTS[:2], REQUESTS[2:3], REQUESTS[3:9], REQUESTS[9:]]


class Sender:
    """Sends requests, and keeps which were acknowledged and which have failed."""

    def __init__(self, file: Path, disk: FailingDisk, *, mends: bool) -> None:
        self.file = file
        self.disk = disk
        self.mends = mends
        self.clock = ManualClock()
        self.acknowledged: list[Request] = []
        self.failed: list[Request] = []

    def felt(self) -> None:
        if self.mends:
            self.disk.mend()

    def insist(self, what: Callable[[], Any]) -> Any:
        """Do what nothing can go on without, on a disk that is mended if need be."""
        try:
            return what()
        except StoreError:
            self.disk.mend()
            return what()

    def open(self) -> ActorSystem:
        def open() -> ActorSystem:
            return opened(self.file, self.clock, checkpoint=20)

        system: ActorSystem = self.insist(open)
        for id in ACCOUNTS:
            with suppress(WorkflowExists):
                self.insist(partial(system.start, Account, id=id))
        return system

    def send(self, system: ActorSystem, requests: list[Request]) -> None:
        pending = []
        for request in requests:
            ref, key = WorkflowRef(system, request.id), request.key
            pending.append((request, ref.ask(request.event, request.data, key=key, block=False)))
        for request, answer in pending:
            try:
                answer.get(timeout=60)
            except StoreError:
                self.failed.append(request)
            else:
                self.acknowledged.append(request)
        if self.failed:
            self.felt()

    def arrived(self, system: ActorSystem) -> None:
        """Wait until what accounts have sent to each other has been taken, on a mended disk."""
        for _ in range(10):
            system.settle(timeout=60)
            if not system.messages():
                return
            self.clock.advance(60)
        raise AssertionError(f"never taken: {system.messages()}")

    def shown(self, system: ActorSystem) -> set[str]:
        assert system.verify() == []
        return {key for id in ACCOUNTS for key in system.get(id).context.keys}


def conserved(system: ActorSystem) -> None:
    contexts = [system.get(id).context for id in ACCOUNTS]
    keys = [key for context in contexts for key in context.keys]
    sent = [key for context in contexts for key in context.sent]
    received = [key for context in contexts for key in context.received]
    assert len(keys) == len(set(keys))
    assert sorted(sent) == sorted(received)
    assert sum(context.balance for context in contexts) == len(keys) - len(sent)


def live_through(file: Path, disk: FailingDisk, *, mends: bool) -> None:
    """Run a system on a disk that fails, see what it shows, and go on when it works again."""
    sender = Sender(file, disk, mends=mends)
    with watched_by(disk), ExitStack() as stack:
        system = stack.enter_context(closing(sender.open()))
        told: list[tuple[str, Any]] = []

        def hear(committed: Committed) -> None:
            told.append(("told", (committed.position.record, committed.entry)))

        sender.insist(lambda: system.subscribe(hear, durable="ear", from_start=True))
        for window in WINDOWS:
            sender.send(system, window)
            with disk.paused():
                assert sender.shown(system) == keys(sender.acknowledged), "what failed is not seen"
        if not mends:
            system.close()
            disk.mend()
            system = stack.enter_context(closing(sender.open()))
            assert keys(sender.acknowledged) <= sender.shown(system) <= keys(REQUESTS)
        disk.mend()
        sender.arrived(system)
        conserved(system)
        again, sender.failed = sender.failed, []
        sender.send(system, again)
        assert sender.failed == [], "the disk works again"
        sender.arrived(system)
        conserved(system)
        assert sender.shown(system) == keys(REQUESTS)
    with closing(opened(file, ManualClock(), synchronous="OFF")) as system:
        assert sender.shown(system) == keys(REQUESTS)
        conserved(system)
        told_is_durable(system, told)
        the_rest_is_told(system, told)


def keys(requests: list[Request]) -> set[str]:
    return {request.key for request in requests}


@pytest.mark.parametrize("trouble", get_args(Trouble))
@pytest.mark.parametrize("how", ["once", "until it is felt", "for good"])
def test_a_disk_that_fails_at_any_change_loses_nothing_that_was_acknowledged(
    file: Path, caplog: pytest.LogCaptureFixture, how: str, trouble: Trouble
) -> None:
    caplog.set_level(logging.CRITICAL)

    def disk(at: int) -> FailingDisk:
        return FailingDisk(at, trouble, for_good=how != "once")

    never = disk(0)
    live_through(file, never, mends=True)
    points = range(1, never.changes + 1)
    if not EVERY:
        points = sorted(random.Random(how).sample(points, SAMPLE))
    refused = 0
    for at in points:
        failing = disk(at)
        live_through(file.with_name(f"{at}.db"), failing, mends=how != "for good")
        refused += failing.refused
    assert refused >= len(points) // 2


def test_a_disk_that_fails_while_history_is_trimmed_breaks_nothing_and_it_is_trimmed_later(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    disk, clock = FailingDisk(0, for_good=True), ManualClock()
    refused, ticks = -1, 0
    with watched_by(disk), closing(opened(file, clock)) as system:
        ticker = system.start(Ticker, id="ticker")
        for after in itertools.count():
            for answer in [ticker.ask("tick", n=n, block=False) for n in range(ticks, ticks + 40)]:
                answer.get(timeout=60)
            ticks += 40
            if refused == disk.refused:
                break  # trimming makes no more changes than it was let make the last time
            refused = disk.refused
            disk.fail(after)
            clock.advance(61)
            system.settle(timeout=60)
            assert system.verify() == []
            disk.mend()
            clock.advance(61)
            system.settle(timeout=60)
            assert system.verify() == []
            assert len(ticker.history()) == KEPT
        assert ticker.context.last == ticks - 1
    assert after > 5
