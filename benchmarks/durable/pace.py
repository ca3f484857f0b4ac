"""The pace of one sender, from how long it waited for each answer."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from time import perf_counter
from typing import Any


def pace(send: Callable[[], Any], events: int) -> dict[str, float]:
    """Send so many events, one after the other; return how many a second that makes.

    The rate is that of the median event: a disk that others use too stalls now and then, and who
    happens to wait at that moment says nothing. `mean_rate` counts the stalls.
    """
    taken = []
    for _ in range(events):
        began = perf_counter()
        send()
        taken.append(perf_counter() - began)
    return {"rate": 1 / statistics.median(taken), "mean_rate": events / sum(taken)}
