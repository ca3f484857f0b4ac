"""How the command begins and ends."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from .conftest import ORDERS, Run


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_the_extra_it_names_the_extra(missing: str) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from repertory.actors.cli import main; sys.exit(main(['list']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == (
        f"The command line needs {missing}; install the extra that brings it: "
        f"pip install 'repertory[cli]'\n"
    )


def test_importing_it_imports_nothing_of_the_extra() -> None:
    code = "import sys, repertory.actors.cli; print(*({'typer', 'rich'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_it_runs_as_a_module_and_as_a_script(run_process: Run) -> None:
    ran = run_process("--version")
    assert (ran.code, ran.out) == (0, f"repertory {version('repertory')}\n")
    script = Path(sys.executable).parent / "repertory"
    done = subprocess.run([script, "--version"], capture_output=True, text=True)
    assert done.stdout == ran.out


def test_no_line_of_the_help_is_cut_off(run_process: Run) -> None:
    commands = run_process("--help").out.partition("Commands:")[2]
    assert "verify" in commands and "..." not in commands


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"],
        ["nothing"],
        ["list", "--store", "x.db", "--limit", "0"],
        ["list", "--store", "x.db", "--limit", "many"],
        ["show", "--store", "x.db"],
        ["send", "a", "b", "--store", "x.db"],
        ["list", "--store", "x.db", "--colour"],
    ],
)
def test_what_cannot_be_understood_exits_with_2(run: Run, arguments: list[str]) -> None:
    ran = run(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert "Usage" in ran.err


def test_the_store_may_come_from_the_environment(
    run: Run, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPERTORY_STORE", str(store))
    assert run("show", "order-1").code == 0


def test_a_reader_that_has_enough_causes_no_traceback(store: Path) -> None:
    command = f"{sys.executable} -m repertory.actors.cli list --store {store} --json"
    done = subprocess.run(["bash", "-c", f"{command} | exec true"], capture_output=True, text=True)
    assert done.stderr == ""


def test_what_the_terminal_cannot_show_is_written_in_another_way(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("case,activity,timestamp\nbestellt-ü→,Pay the order,2024-01-01\n", "utf-8")
    store = str(tmp_path / "x.db")
    for arguments in (["replay", str(ORDERS), str(log)], ["list"]):
        done = subprocess.run(
            [sys.executable, "-m", "repertory.actors.cli", *arguments, "--store", store],
            capture_output=True,
            text=True,
            env={"PYTHONIOENCODING": "ascii"},
        )
        assert (done.returncode, done.stderr) == (0, "")
    assert "bestellt-\\xfc\\u2192" in done.stdout
