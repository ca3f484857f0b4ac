"""One fuzzing process: `python -m tests.fuzz.feed TARGET` and what libFuzzer takes after that."""

from __future__ import annotations

import sys
import warnings

import atheris

# The loader, and what it makes classes with; parsers in C can't be looked into.
with atheris.instrument_imports(include=["repertory.actors", "statemachine", "yaml", "tomllib"]):
    from .targets import TARGETS


def main() -> None:
    """Feed a target until the time is over or something is found."""
    warnings.simplefilter("ignore")
    name, *options = sys.argv[1:]
    atheris.Setup([sys.argv[0], *options], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
