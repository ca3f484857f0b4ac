"""One measurement, in a process of its own, so that no system pays for another's threads.

Run by `rounds` as `python -m benchmarks.durable.child`, with a JSON array as its argument: the
name of a module here, of a function in it, and the function's arguments. Prints the figures
as JSON.
"""

from __future__ import annotations

import gc
import json
import sys
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any


def measure(
    module: str, function: str, folder: Path, arguments: dict[str, Any]
) -> dict[str, float]:
    """Run a function of a module here and return its figures."""
    run = getattr(import_module(f"benchmarks.durable.{module}"), function)
    gc.collect()
    gc.freeze()
    figures: dict[str, float] = run(folder, **arguments)
    return figures


def main(argument: str) -> None:
    warnings.simplefilter("ignore")
    module, function, folder, arguments = json.loads(argument)
    print(json.dumps(measure(module, function, Path(folder), arguments)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
