"""Ray: a process for each actor, on this machine alone."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any

from benchmarks.savina.role import START, Role

ROOT = Path(__file__).parents[3]
DONE = "savina-done"
KEPT: list[Any] = []
"""The actors that this process has started."""


class Done:
    """Holds the result until the driver has it."""

    def __init__(self) -> None:
        self.given = asyncio.Event()
        self.result: Any = None

    async def give(self, result: Any, error: Exception | None = None) -> None:
        self.result, self.error = result, error
        self.given.set()

    async def take(self) -> Any:
        await self.given.wait()
        if self.error is not None:
            raise self.error
        return self.result


class Ref:
    """A handle with a `tell`."""

    __slots__ = ("handle",)

    def __init__(self, handle: Any) -> None:
        self.handle = handle

    def tell(self, message: Any) -> None:
        self.handle.receive.remote(message)


def native(role: type[Role]) -> Any:
    """Make a role a class of Ray's."""
    import ray

    class Native(role):
        def __init__(self) -> None:
            self.me: Any = None
            self.early: list[Any] = []

        def begin(self, me: Ref, args: Any, kwargs: Any) -> None:
            self.me = me
            self.setup(*args, **kwargs)
            for message in self.early:
                self.receive(message)

        def receive(self, message: Any) -> Any:
            # Only what one actor sends arrives in order: others may come before the beginning.
            if self.me is None:
                self.early.append(message)
                return None
            # An error in what was told is heard of by nobody.
            try:
                return role.receive(self, message)
            except Exception as error:
                ray.get_actor(DONE).give.remote(None, error)
                raise

        def spawn(self, kind: type[Role], *args: Any, **kwargs: Any) -> Ref:
            return start(kind, args, kwargs)

        def leave(self) -> None:
            self.me.handle.__ray_terminate__.remote()

        def finish(self, result: Any) -> None:
            ray.get_actor(DONE).give.remote(result)

        def ask(self, ref: Ref, message: Any) -> Any:
            return ray.get(ref.handle.receive.remote(message))

    # Ray finds methods by their class's name: with one name for all it mixes them up.
    Native.__name__ = Native.__qualname__ = role.__name__
    return ray.remote(num_cpus=0)(Native)


def start(role: type[Role], args: Any, kwargs: Any) -> Ref:
    """Start an actor; it hears first who it is, which it can't find out in `__init__`."""
    ref = Ref(native(role).remote())
    # An actor whose handles are all gone is killed, whatever it is at.
    KEPT.append(ref)
    ref.handle.begin.remote(ref, args, kwargs)
    return ref


class RayCluster:
    """Plays benchmarks on a cluster of one machine."""

    close_at_exit = True

    def __init__(self) -> None:
        os.environ["PYTHONPATH"] = str(ROOT)
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        import ray

        self.ray = ray
        ray.init(include_dashboard=False, log_to_driver=False, logging_level="error", num_cpus=2)

    def play(self, main: type[Role], sizes: dict[str, int]) -> tuple[float, Any]:
        """Run a benchmark; return the seconds and the result."""
        done = self.ray.remote(num_cpus=0)(Done).options(name=DONE).remote()
        self.ray.get(done.__ray_ready__.remote())
        began = time.perf_counter()
        start(main, (), sizes).tell(START)
        result = self.ray.get(done.take.remote())
        return time.perf_counter() - began, result

    def close(self) -> None:
        self.ray.shutdown()
