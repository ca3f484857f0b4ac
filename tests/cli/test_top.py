"""`repertory top`: what is in a store, and what the process does that runs on it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from repertory.actors import ActorSystem, Lifecycle

from .conftest import Run


def test_top_counts_what_is_in_a_store(run: Run, store: Path) -> None:
    done = run("top", "--store", store, "--once")
    assert (done.code, done.err) == (0, "")
    assert "Store:\nwhat\tnow\nworkflows\t3\n" in done.out
    assert "Workflows by state:\nstate\tworkflows\n" in done.out
    assert "basket\t1\n" in done.out
    assert "process\tnone that lets us look in\n" in done.out


def test_top_as_json_has_the_store_and_no_system_when_none_runs(run: Run, store: Path) -> None:
    done = run("top", "--store", store, "--json")
    assert done.json["store"]["workflows"] == 3
    assert done.json["store"]["states"] == {"basket": 1, "paid": 1, "shipped": 1}
    assert done.json["system"] is None


def test_top_attaches_to_the_process_that_runs_on_the_store(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "live.db"
    with ActorSystem(path, inspectable=True) as system:
        system.start(Lifecycle, id="l").ask("start")
        done = run("top", "--store", path, "--json")
        assert done.json["system"]["process"] == os.getpid()
        assert done.json["system"]["statistics"]["steps"] == 2
        assert done.json["steps_per_second"] > 0
        done = run("top", "--store", path, "--once")
        assert "workflow l\t0\t0\tno\t\t0\n" in done.out
        assert f"process\t{os.getpid()}, open for " in done.out
        done = run("top", "--store", path, "--dump")
        assert done.out.startswith("repertory: ")


def test_a_dump_needs_a_process(run: Run, store: Path) -> None:
    run("top", "--store", store, "--dump").failed_with("inspectable=True")


def test_there_is_nothing_to_see_where_there_is_no_store(run: Run, tmp_path: Path) -> None:
    run("top", "--store", tmp_path / "none.db", "--once").failed_with("none.db")


@pytest.mark.skipif(sys.platform == "win32", reason="There is no such terminal here.")
def test_in_a_terminal_it_goes_on_until_ctrl_c(store: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "repertory.actors.cli", "top", "-s", str(store), "--every"]
    process = subprocess.Popen(
        [*command, "0.1"], stdin=theirs, stdout=theirs, stderr=subprocess.PIPE,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "40"},
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    while shown.count(b"Workflows by state") < 3:  # it has looked again, twice
        shown += os.read(ours, 4096)
    assert b"steps a second" in shown
    process.send_signal(signal.SIGINT)
    try:
        while os.read(ours, 4096):
            pass
    except OSError:
        pass  # Its end of the terminal is closed.
    assert process.wait(20) == 0
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    os.close(ours)
