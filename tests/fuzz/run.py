"""Runs the targets one after the other under atheris, each for its share of the time.

    python -m tests.fuzz.run --seconds 3600

What crashes, hangs or eats memory is written to build/fuzz/, and the exit code is 1. What has been
found to lead somewhere new is kept in build/fuzz/TARGET, and used the next time.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from .targets import TARGETS

HERE = Path(__file__).parent
KEPT = Path("build/fuzz")


def main() -> int:
    """Fuzz all targets, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=3600, help="For all targets together.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"From {', '.join(TARGETS)}.")
    given = parser.parse_args()
    names = given.targets or list(TARGETS)
    failed = False
    for name in names:
        corpus = KEPT / name
        corpus.mkdir(parents=True, exist_ok=True)
        command = [
            *(sys.executable, "-m", "tests.fuzz.feed", name, str(corpus)),
            # What hypothesis draws from is no document.
            *([str(HERE / "corpus")] if name == "bytes" else []),
            f"-max_total_time={max(1, given.seconds // len(names))}",
            f"-dict={HERE / 'words.dict'}",
            f"-artifact_prefix={KEPT}/{name}-",
            # One input takes milliseconds; what takes this long, or this much, would jam a server.
            *("-timeout=20", "-rss_limit_mb=2048", "-max_len=20000", "-print_final_stats=1"),
        ]
        print(f"== {name}", flush=True)
        failed = subprocess.run(command).returncode != 0 or failed
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
