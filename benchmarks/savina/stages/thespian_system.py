"""Thespian, on the quickest of its system bases: all actors in the calling thread."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

from thespian.actors import Actor, ActorExitRequest, ActorSystem, ActorSystemMessage

from benchmarks.savina.role import START, Role


class Setup:
    """The first message of an actor: Thespian's are made without arguments."""

    def __init__(self, args: Any, kwargs: Any) -> None:
        self.args, self.kwargs = args, kwargs


class ThespianSystem:
    """Plays benchmarks on `simpleSystemBase`."""

    def __init__(self) -> None:
        self.native = cache(self._native)
        self.system = ActorSystem("simpleSystemBase", logDefs=False)
        self.current: Any = None
        self.error: Exception | None = None
        self.result: list[Any] = []

    def _native(self, role: type[Role]) -> type[Any]:
        stage = self

        def receive_message(actor: Any, message: Any, _: Any) -> None:
            stage.current = actor
            try:
                if message.__class__ is Setup:
                    actor.me = Ref(stage, actor.myAddress)
                    actor.setup(*message.args, **message.kwargs)
                elif not isinstance(message, ActorSystemMessage):
                    actor.receive(message)
            except Exception as error:
                stage.error = stage.error or error
                raise

        def spawn(actor: Any, kind: type[Role], *args: Any, **kwargs: Any) -> Ref:
            address = actor.createActor(stage.native(kind))
            actor.send(address, Setup(args, kwargs))
            return Ref(stage, address)

        def leave(actor: Any) -> None:
            actor.send(actor.myAddress, ActorExitRequest())

        given = {
            "receiveMessage": receive_message,
            "spawn": spawn,
            "leave": leave,
            "finish": staticmethod(self.result.append),
        }
        return type(role.__name__, (role, Actor), given)

    def play(self, main: type[Role], sizes: dict[str, int]) -> tuple[float, Any]:
        """Run a benchmark; return the seconds and the result."""
        began = time.perf_counter()
        address = self.system.createActor(self.native(main))
        self.system.tell(address, Setup((), sizes))
        self.system.tell(address, START)
        while not self.result and self.error is None:
            self.system.listen(0.001)
        elapsed = time.perf_counter() - began
        if self.error is not None:
            raise self.error
        return elapsed, self.result.pop()

    def close(self) -> None:
        self.system.shutdown()


class Ref:
    """An address with a `tell`: in Thespian an actor sends by a method of its own."""

    __slots__ = ("address", "stage")

    def __init__(self, stage: ThespianSystem, address: Any) -> None:
        self.stage, self.address = stage, address

    def tell(self, message: Any) -> None:
        self.stage.current.send(self.address, message)
