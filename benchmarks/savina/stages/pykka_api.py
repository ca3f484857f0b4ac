"""What has Pykka's API: Pykka itself, and our runtime."""

from __future__ import annotations

import time
from functools import cache
from queue import Full
from typing import Any, ClassVar

import pykka
from repertory.actors.runtime import PooledActor, PooledFuture, PooledRef, Runtime

from benchmarks.savina.outside.pykka_api import FromOutside
from benchmarks.savina.role import START, Role


class PykkaApi:
    """Plays benchmarks with actors that are started, told, asked and stopped as Pykka's are."""

    actor: ClassVar[type[Any]]
    ref: ClassVar[type[Any]]
    future: ClassVar[type[Any]]

    def __init__(self) -> None:
        self.native = cache(self._native)
        self.done: Any = None

    @property
    def outside(self) -> FromOutside:
        """What measures this runtime from outside."""
        return FromOutside(self)

    def _native(self, role: type[Role]) -> type[Any]:
        base = self.actor

        def init(self: Any, *args: Any, **kwargs: Any) -> None:
            base.__init__(self)
            self.me = self.actor_ref
            self.setup(*args, **kwargs)

        given = {
            "__init__": init,
            "on_receive": role.receive,
            "on_failure": self._failed,
            "spawn": self.spawn,
            "leave": base.stop,
            "ask": staticmethod(self.ref.ask),
            "finish": self.finish,
        }
        return type(role.__name__, (role, base), given)

    def start(self, actor: type[Any], *args: Any, **kwargs: Any) -> Any:
        """Start an actor of the runtime's own."""
        return actor.start(*args, **kwargs)

    def spawn(self, role: type[Role], *args: Any, **kwargs: Any) -> Any:
        return self.start(self.native(role), *args, **kwargs)

    def finish(self, result: Any) -> None:
        self.done.set(result)

    def _failed(self, kind: Any, error: Any, traceback: Any) -> None:
        try:
            self.done.set_exception((kind, error, traceback))
        except Full:
            pass  # Another one failed first.

    def play(self, main: type[Role], sizes: dict[str, int]) -> tuple[float, Any]:
        """Run a benchmark; return the seconds and the result."""
        self.done = self.future()
        began = time.perf_counter()
        self.spawn(main, **sizes).tell(START)
        result = self.done.get()
        return time.perf_counter() - began, result


class Pykka(PykkaApi):
    """Pykka's actors, each with a thread of its own."""

    actor = pykka.ThreadingActor
    ref = pykka.ActorRef
    future = pykka.ThreadingFuture

    def close(self) -> None:
        pykka.ActorRegistry.stop_all(timeout=30)


class Ours(PykkaApi):
    """Our actors, on a pool of threads as the runtime makes it by default."""

    actor = PooledActor
    ref = PooledRef
    future = PooledFuture

    def __init__(self) -> None:
        super().__init__()
        self.runtime = Runtime("savina")
        self.start = self.runtime.start

    def close(self) -> None:
        self.runtime.shutdown()
