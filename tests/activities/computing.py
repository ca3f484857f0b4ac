"""Activities that run in processes, which import them from here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from repertory.actors import RetryPolicy, activity, current_activity

QUICK = RetryPolicy(first=0.01, attempts=2)


@activity(name="compute-square", on="process", retry=QUICK)
def square(what: int) -> dict[str, Any]:
    current = current_activity()
    return {"square": what * what, "pid": os.getpid(), "key": current.key}


class Unpicklable(Exception):
    def __init__(self, one: int, other: int) -> None:
        super().__init__(f"{one} and {other}")


@activity(name="compute-fails", on="process", retry=QUICK)
def fails(what: int) -> None:
    raise Unpicklable(what, current_activity().attempt)


@activity(name="compute-dies", on="process", retry=QUICK)
def dies(what: str) -> str:
    if current_activity().attempt == 1:
        os._exit(3)
    return what


@activity(name="compute-waits", on="process", retry=QUICK)
def waits(what: str) -> str:
    current_activity().heartbeat({"pid": os.getpid()})
    Path(what).write_text("begun")
    stopped = current_activity().wait()
    Path(what).write_text(f"stopped {stopped}")
    return what


@activity(name="compute-holds", on="process", retry=RetryPolicy(attempts=1))
def holds(what: str) -> int:
    """Go on until there is a file."""
    Path(f"{what}.begun").touch()
    while not Path(what).exists():
        os.sched_yield()
    return os.getpid()


@activity(name="compute-hangs", on="process", timeout=0.05, retry=RetryPolicy(attempts=1))
def hangs(what: str) -> None:
    """Hear of nothing."""
    Path(what).write_text(str(os.getpid()))
    while True:
        os.sched_yield()
