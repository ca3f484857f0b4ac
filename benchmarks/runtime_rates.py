"""Messages a second on this runtime, on Pykka's threads and on plain asyncio, in one run.

    python benchmarks/runtime_rates.py [--repeat 5] [--scale 1.0]

Prints the median of the repeats and their spread. All three run in this process, one after
the other; `asyncio` is tasks with queues, the least that an actor could be made of.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import platform
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import pykka
from repertory.actors.runtime import PooledActor, PooledFuture, Runtime

Bench = Callable[[int], float]
"""Takes a number of operations, returns the seconds they took."""


def echo_class(base: type[Any]) -> type[Any]:
    return type("Echo", (base,), {"on_receive": lambda self, message: message})


def ring_class(base: type[Any]) -> type[Any]:
    def on_receive(self: Any, message: Any) -> None:
        if isinstance(message, tuple):
            (self.following,) = message
        elif message == 0:
            self.done.set()
        else:
            self.following.tell(message - 1)

    def init(self: Any, done: Any) -> None:
        base.__init__(self)
        self.done = done

    return type("Node", (base,), {"on_receive": on_receive, "__init__": init})


class Actors:
    """The benchmarks for anything with Pykka's API."""

    def __init__(self, base: type[Any], future: type[Any], start: Callable[..., Any]) -> None:
        self.start = start
        self.future = future
        self.echo = echo_class(base)
        self.node = ring_class(base)

    def ask(self, count: int) -> float:
        ref = self.start(self.echo)
        ref.ask(None)
        began = time.perf_counter()
        for number in range(count):
            ref.ask(number)
        elapsed = time.perf_counter() - began
        ref.stop()
        return elapsed

    def tell(self, count: int) -> float:
        ref = self.start(self.echo)
        ref.ask(None)
        began = time.perf_counter()
        for number in range(count):
            ref.tell(number)
        ref.ask(None)
        elapsed = time.perf_counter() - began
        ref.stop()
        return elapsed

    def ring(self, count: int, size: int = 100) -> float:
        done = self.future()
        refs = [self.start(self.node, done) for _ in range(size)]
        for ref, following in zip(refs, [*refs[1:], refs[0]], strict=True):
            ref.ask((following,))
        began = time.perf_counter()
        refs[0].tell(count)
        done.get()
        elapsed = time.perf_counter() - began
        for ref in refs:
            ref.stop()
        return elapsed

    def create(self, count: int) -> float:
        began = time.perf_counter()
        refs = [self.start(self.echo) for _ in range(count)]
        for ref in refs:
            ref.tell(None)
        for ref in refs:
            ref.stop()
        return time.perf_counter() - began


class Tasks:
    """The same on asyncio."""

    def ask(self, count: int) -> float:
        async def main() -> float:
            loop = asyncio.get_running_loop()
            inbox: asyncio.Queue[Any] = asyncio.Queue()

            async def echo() -> None:
                while True:
                    message, reply = await inbox.get()
                    reply.set_result(message)

            task = asyncio.create_task(echo())
            began = time.perf_counter()
            for number in range(count):
                reply = loop.create_future()
                inbox.put_nowait((number, reply))
                await reply
            elapsed = time.perf_counter() - began
            task.cancel()
            return elapsed

        return asyncio.run(main())

    def tell(self, count: int) -> float:
        async def main() -> float:
            inbox: asyncio.Queue[Any] = asyncio.Queue()

            async def sink() -> None:
                while await inbox.get() is not None:
                    pass

            task = asyncio.create_task(sink())
            began = time.perf_counter()
            for number in range(count):
                inbox.put_nowait(number)
            inbox.put_nowait(None)
            await task
            return time.perf_counter() - began

        return asyncio.run(main())

    def ring(self, count: int, size: int = 100) -> float:
        async def main() -> float:
            inboxes: list[asyncio.Queue[int]] = [asyncio.Queue() for _ in range(size)]
            done = asyncio.get_running_loop().create_future()

            async def node(place: int) -> None:
                inbox, following = inboxes[place], inboxes[(place + 1) % size]
                while True:
                    number = await inbox.get()
                    if number == 0:
                        done.set_result(None)
                    else:
                        following.put_nowait(number - 1)

            tasks = [asyncio.create_task(node(place)) for place in range(size)]
            began = time.perf_counter()
            inboxes[0].put_nowait(count)
            await done
            elapsed = time.perf_counter() - began
            for task in tasks:
                task.cancel()
            return elapsed

        return asyncio.run(main())

    def create(self, count: int) -> float:
        async def main() -> float:
            async def sink(inbox: asyncio.Queue[Any]) -> None:
                while await inbox.get() != "stop":
                    pass

            began = time.perf_counter()
            inboxes: list[asyncio.Queue[Any]] = [asyncio.Queue() for _ in range(count)]
            tasks = [asyncio.create_task(sink(inbox)) for inbox in inboxes]
            for inbox in inboxes:
                inbox.put_nowait(None)
            for inbox in inboxes:
                inbox.put_nowait("stop")
            await asyncio.gather(*tasks)
            return time.perf_counter() - began

        return asyncio.run(main())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5, help="how many times to measure")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the sizes")
    args = parser.parse_args()
    sizes = {"ask": 20_000, "tell": 100_000, "ring": 50_000, "create": 10_000}
    # A thread for each actor: fewer of them, the rates are per operation.
    fewer = {"ask": 5_000, "tell": 50_000, "ring": 10_000, "create": 1_000}
    print(f"Python {platform.python_version()}, Pykka {version('pykka')}, {platform.machine()}")
    print(f"{'':8}{'runtime':10}{'operations':>12}{'per second':>14}{'µs each':>10}{'spread':>9}")
    with Runtime("bench") as runtime:
        contestants: list[tuple[str, Any, dict[str, int]]] = [
            ("repertory", Actors(PooledActor, PooledFuture, runtime.start), sizes),
            (
                "pykka",
                Actors(
                    pykka.ThreadingActor,
                    pykka.ThreadingFuture,
                    lambda cls, *rest: cls.start(*rest),
                ),
                fewer,
            ),
            ("asyncio", Tasks(), sizes),
        ]
        for name in sizes:
            for label, bench, counts in contestants:
                count = max(1, int(counts[name] * args.scale))
                times = []
                for _ in range(args.repeat):
                    gc.collect()
                    times.append(getattr(bench, name)(count) / count)
                middle = statistics.median(times)
                spread = (max(times) - min(times)) / middle
                print(
                    f"{name:8}{label:10}{count:12,}{1 / middle:14,.0f}"
                    f"{middle * 1e6:10.2f}{spread:9.0%}"
                )


if __name__ == "__main__":
    main()
