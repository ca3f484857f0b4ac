"""The pace of one sender, from how long it waited for each answer."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

STAY = 50
"""Events that are sent from one processor before the sender moves on to the next."""


def pace(send: Callable[[], Any], events: int) -> dict[str, float]:
    """Send so many events, one after the other; return how many a second that makes.

    The rate is that of the median event: a disk that others use too stalls now and then, and who
    happens to wait at that moment says nothing. `mean_rate` counts the stalls.

    The sender goes round the processors, and the rate is that of the mean of their medians;
    `highest` and `lowest` are those of single ones. A disk often interrupts one processor alone,
    and who waits on another one waits half as long again for each flush. Else it would count most
    where the scheduler happens to put a process.
    """
    taken: dict[int | None, list[float]] = {}
    with _processors() as processors:
        for number in range(events):
            processor = processors[number // STAY % len(processors)]
            if number % STAY == 0:
                _move_to(processor)
            began = perf_counter()
            send()
            taken.setdefault(processor, []).append(perf_counter() - began)
    medians = [statistics.median(seconds) for seconds in taken.values()]
    return {
        "rate": 1 / statistics.fmean(medians),
        "highest": 1 / min(medians),
        "lowest": 1 / max(medians),
        "mean_rate": events / sum(map(sum, taken.values())),
    }


@contextmanager
def _processors() -> Iterator[list[int | None]]:
    """Give the processors that this thread may run on, or [None] where nobody can choose."""
    if not hasattr(os, "sched_setaffinity"):
        yield [None]
        return
    allowed = os.sched_getaffinity(0)
    try:
        yield [*allowed]
    finally:
        os.sched_setaffinity(0, allowed)


def _move_to(processor: int | None) -> None:
    """Have this thread, and none of the others, run on a processor."""
    if processor is not None:
        os.sched_setaffinity(0, {processor})
