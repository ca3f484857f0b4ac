"""An activity that kills its process at each start: no process is caught in it for ever."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from repertory.actors import ActorSystem

from .fatal_worker import SOON, Doomed

WORKER = Path(__file__).with_name("fatal_worker.py")


@pytest.mark.parametrize("heard", ["heard", "unheard"])
def test_attempts_that_end_with_the_process_count_until_there_are_no_more(
    tmp_path: Path, heard: str
) -> None:
    file, starts = tmp_path / "store.db", tmp_path / "starts"
    command = [sys.executable, str(WORKER), str(file), str(starts), heard]
    assert SOON.attempts is not None
    for _ in range(SOON.attempts):
        killed = subprocess.run(command, capture_output=True, text=True, timeout=300)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    lives = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert lives.returncode == 0, lives.stderr
    assert starts.read_text().split() == ["1", "2", "3"]
    with ActorSystem(file, max_activities=0) as system:
        doomed = system.get("doomed")
        assert isinstance(doomed.context, Doomed.Context)
        if heard == "heard":
            assert (doomed.state, doomed.context.attempts) == ("failed", SOON.attempts)
            assert doomed.context.error["type"] == "ProcessEnded"
        else:
            (dead,) = doomed.activities()
            assert (dead.status, dead.attempt) == ("dead", SOON.attempts)
            assert dead.why is not None and "ProcessEnded" in dead.why
        assert system.verify() == []
