"""Runs a process in order to kill it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path


def run_and_kill(program: Path, store: Path, round_number: int, count: int) -> list[str]:
    """Run a program, kill it once it has written so many lines, and return all that it wrote."""
    worker = subprocess.Popen(
        [sys.executable, program, store, str(round_number)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout is not None and worker.stderr is not None
    lines: list[str] = []
    for line in worker.stdout:
        lines.append(line.strip())
        if len(lines) == count:
            worker.send_signal(signal.SIGKILL)
    errors = worker.stderr.read()
    worker.stdout.close()
    worker.stderr.close()
    assert worker.wait() == -signal.SIGKILL, errors
    return lines
