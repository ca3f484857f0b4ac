"""Small actors that several tests use."""

from __future__ import annotations

import threading
from typing import Any

from repertory.actors.runtime import PooledActor


class Echo(PooledActor):
    stop_on_failure = False

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, BaseException):
            raise message
        return message


class Caller(PooledActor):
    """Calls what it is sent, with itself."""

    stop_on_failure = False

    def on_receive(self, message: Any) -> Any:
        return message(self)


class Gate:
    """Lets a test hold a handler at a point, and know that it is there."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()

    def __call__(self, _: Any = None) -> None:
        self.reached.set()
        assert self.opened.wait(20)

    def __enter__(self) -> Gate:
        return self

    def __exit__(self, *_: object) -> None:
        self.opened.set()
