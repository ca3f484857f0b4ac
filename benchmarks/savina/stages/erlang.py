"""Erlang, each benchmark written in it: what a runtime made for actors does."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.savina.role import Role

SOURCES = Path(__file__).parents[1] / "erlang"


class Erlang:
    """Plays the benchmark of the same name; compiling and starting the machine isn't timed."""

    def play(self, main: type[Role], sizes: dict[str, int]) -> tuple[float, Any]:
        """Run a benchmark; return the seconds and the result."""
        name = main.__module__.rpartition(".")[2]
        with tempfile.TemporaryDirectory() as folder:
            sources = [SOURCES / f"{module}.erl" for module in ("savina", name)]
            subprocess.run(["erlc", "+warnings_as_errors", "-o", folder, *sources], check=True)
            order = ["-run", "savina", "main", name, *(str(size) for size in sizes.values())]
            ran = subprocess.run(
                ["erl", "-noshell", "-pa", folder, *order],
                check=True,
                capture_output=True,
                text=True,
                env={**os.environ, "ERL_CRASH_DUMP_SECONDS": "0"},
            )
        microseconds, result = ran.stdout.splitlines()[-1].split(" ", 1)
        # Tuples are written with braces; numbers and true as in JSON.
        return int(microseconds) / 1e6, json.loads(result.replace("{", "[").replace("}", "]"))

    def close(self) -> None:
        """Do nothing: its machine has ended."""
