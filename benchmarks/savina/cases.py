"""All the benchmarks, in the order of the table."""

from __future__ import annotations

from .case import Case
from .concurrency import (
    bank,
    barber,
    bounded_buffer,
    dictionary,
    logistic_map,
    philosophers,
    smokers,
    sorted_list,
)
from .micro import (
    big,
    chameneos,
    counting,
    fork_join_create,
    fork_join_throughput,
    ping_pong,
    thread_ring,
)
from .parallel import fibonacci, queens, radix_sort, sieve
from .rate import Rate

SAVINA: dict[str, Case] = {
    module.CASE.name: module.CASE
    for module in (
        ping_pong,
        counting,
        fork_join_throughput,
        fork_join_create,
        thread_ring,
        chameneos,
        big,
        dictionary,
        sorted_list,
        bounded_buffer,
        philosophers,
        barber,
        smokers,
        logistic_map,
        bank,
        radix_sort,
        sieve,
        queens,
        fibonacci,
    )
}

_CREATE = "actors started, told once and stopped, all of them live at once"

RATES: dict[str, Rate] = {
    rate.name: rate
    for rate in (
        Rate(
            "ask",
            "ask one actor from outside and wait for each answer",
            method="ask",
            count=20_000,
            unit="round trip",
            live=1,
            target="60,000 a second, 4 times Pykka",
        ),
        Rate(
            "tell",
            "tell one actor from outside, until the last is handled",
            method="tell",
            count=100_000,
            unit="message",
            live=1,
            target="400,000 a second, 3 times Pykka",
        ),
        *(
            Rate(
                f"create-{count}",
                f"{count:,} {_CREATE}",
                method="create",
                count=count,
                unit="actor",
                live=count,
                target="60 µs, the same for any number",
                rounds=5 if count < 1_000_000 else 1,
            )
            for count in (1_000, 10_000, 100_000, 1_000_000)
        ),
        *(
            Rate(
                f"idle-{count}",
                f"memory of one of {count:,} idle actors, each of which has answered an ask",
                method="idle",
                count=count,
                unit="actor",
                live=count,
                target="3 KB",
                figure="bytes",
                rounds=3 if count < 1_000_000 else 1,
            )
            for count in (100_000, 1_000_000)
        ),
    )
}

CASES: dict[str, Case | Rate] = {**SAVINA, **RATES}
"""Every measurement by its name."""
