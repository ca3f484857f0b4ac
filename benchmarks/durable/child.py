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


def main(argument: str) -> None:
    warnings.simplefilter("ignore")
    module, function, folder, arguments = json.loads(argument)
    measure = getattr(import_module(f"benchmarks.durable.{module}"), function)
    gc.collect()
    gc.freeze()
    figures = measure(Path(folder), **arguments)
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
