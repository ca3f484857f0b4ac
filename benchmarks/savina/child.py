"""One measurement, in a process of its own, so that no runtime pays for another's threads.

Run by `rounds` as `python -m benchmarks.savina.child`, with a JSON array as its argument: the
runtime, the benchmark and its sizes. Prints the figures as JSON.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import warnings

from .cases import CASES
from .stages.catalogue import RUNTIMES


def main(argument: str) -> None:
    warnings.simplefilter("ignore")
    runtime, name, sizes = json.loads(argument)
    stage = RUNTIMES[runtime].stage()
    gc.collect()
    gc.freeze()
    figures = CASES[name].measure(stage, sizes)
    print(json.dumps(figures), flush=True)
    if getattr(stage, "close_at_exit", False):
        stage.close()
    # Ending ten thousand threads in good order would take longer than the measurement.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
