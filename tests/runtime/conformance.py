"""Runs Pykka's own test suite on pooled actors: `python tests/runtime/conformance.py`.

Downloads Pykka's source, as installed here, and runs its tests with `pykka_plugin`. Passes if
exactly the tests fail that are about an actor having a thread of its own. Needs pytest-mock.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tempfile
from importlib.metadata import version
from pathlib import Path

EXPECTED_FAILURES = {
    "tests/test_threading_actor.py::test_actor_thread_is_named_after_pykka_actor_class",
    "tests/test_threading_actor.py::test_actor_thread_is_not_daemonic_by_default",
    "tests/test_threading_actor.py::test_actor_thread_is_daemonic_if_use_daemon_thread_flag_is_set",
}


def fetch(folder: Path) -> Path:
    """Download and unpack the source; return its folder."""
    wanted = f"pykka=={version('pykka')}"
    command = f"-m pip download --quiet --no-deps --no-binary pykka --dest {folder} {wanted}"
    subprocess.run([sys.executable, *command.split()], check=True)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return next(path for path in folder.iterdir() if path.is_dir())


def run(source: Path) -> tuple[str, set[str]]:
    """Run the suite; return pytest's last line and the tests that failed."""
    plugins = str(Path(__file__).parent)
    command = "-m pytest -q -rfE --tb=short -p no:cacheprovider -p pykka_plugin tests"
    done = subprocess.run(
        [sys.executable, *command.split()],
        check=False,
        cwd=source,
        env={**os.environ, "PYTHONPATH": plugins},
        capture_output=True,
        text=True,
        timeout=600,
    )
    failed = set(re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE))
    unexpected = failed - EXPECTED_FAILURES
    if unexpected or not re.search(r"\d+ passed", done.stdout):
        print(done.stdout, done.stderr, sep="\n")
    return (done.stdout.strip().splitlines() or ["no output"])[-1], failed


def main() -> int:
    """Print the outcome; return the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        last_line, failed = run(fetch(Path(folder)))
    print(f"Pykka {version('pykka')}'s own tests on pooled actors: {last_line}")
    for test in sorted(failed - EXPECTED_FAILURES):
        print(f"  failed, and should not: {test}")
    for test in sorted(EXPECTED_FAILURES - failed):
        print(f"  passed, and was expected to fail: {test}")
    return 0 if failed == EXPECTED_FAILURES else 1


if __name__ == "__main__":
    sys.exit(main())
