"""The Savina benchmarks do what they say, at tiny sizes, on whatever can be relied on here."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

TINY: dict[str, dict[str, int]] = {
    "ping-pong": {"rounds": 20},
    "counting": {"messages": 200},
    "fork-join-throughput": {"messages": 5, "workers": 6},
    "fork-join-create": {"workers": 12},
    "thread-ring": {"hops": 43, "size": 10},
    "chameneos": {"meetings": 30, "creatures": 7},
    "big": {"pings": 6, "workers": 5},
    "concurrent-dictionary": {"requests": 30, "workers": 4},
    "concurrent-sorted-list": {"requests": 30, "workers": 4},
    "bounded-buffer": {"items": 8, "producers": 4, "consumers": 3},
    "philosophers": {"meals": 6, "philosophers": 4},
    "sleeping-barber": {"haircuts": 12, "seats": 3},
    "cigarette-smokers": {"rounds": 25, "smokers": 5},
    "logistic-map": {"terms": 20, "series": 3},
    "bank-transaction": {"transfers": 40, "accounts": 8},
    "radix-sort": {"count": 40},
    "prime-sieve": {"limit": 1_300},
    "n-queens": {"size": 5, "depth": 3, "workers": 3},
    "fibonacci": {"n": 7},
}
RATES = ("ask", "tell", "create-1000", "idle-100000")


@pytest.fixture(scope="module", autouse=True)
def _found() -> Iterator[None]:
    """Let the benchmarks be imported, as `python -m benchmarks.savina` does."""
    sys.path.insert(0, str(ROOT))
    yield
    sys.path.remove(str(ROOT))


def measured(runtime: str, name: str, sizes: dict[str, int]) -> dict[str, float]:
    from benchmarks.savina.cases import CASES
    from benchmarks.savina.stages.catalogue import RUNTIMES

    stage = RUNTIMES[runtime].stage()
    try:
        return CASES[name].measure(stage, sizes)
    finally:
        stage.close()


@pytest.mark.parametrize("runtime", ["repertory", "pykka", "asyncio"])
@pytest.mark.parametrize("name", TINY)
def test_every_benchmark_gives_the_right_result(runtime: str, name: str) -> None:
    assert measured(runtime, name, TINY[name])["seconds"] > 0


@pytest.mark.parametrize(
    ("runtime", "needs"),
    [("thespian", "thespian"), ("xoscar", "xoscar"), ("erlang", "erl")],
)
def test_a_peer_that_is_installed_gives_the_right_results(runtime: str, needs: str) -> None:
    if not (importlib.util.find_spec(needs) or shutil.which(needs)):
        pytest.skip(f"{needs} is not installed")
    names = ["ping-pong", "bounded-buffer"] + ["bank-transaction"] * (runtime != "thespian")
    for name in names:
        assert measured(runtime, name, TINY[name])["seconds"] > 0


@pytest.mark.parametrize("runtime", ["repertory", "pykka", "asyncio"])
@pytest.mark.parametrize("name", RATES)
def test_what_is_measured_from_outside_is_measured(runtime: str, name: str) -> None:
    if name.startswith("idle") and not Path("/proc/self/statm").exists():
        pytest.skip("memory is read from /proc")
    figures = measured(runtime, name, {"count": 20})
    assert figures["seconds"] > 0
    assert ("bytes" in figures) == name.startswith("idle")


def test_no_benchmark_is_left_out_here() -> None:
    from benchmarks.savina.cases import SAVINA

    assert list(TINY) == list(SAVINA)
    for name, case in SAVINA.items():
        assert case.operations(**TINY[name]) > 0
        assert case.actors(**TINY[name]) > 1


def test_a_wrong_result_is_an_error() -> None:
    from benchmarks.savina.case import WrongResult
    from benchmarks.savina.cases import SAVINA

    stage = SimpleNamespace(play=lambda main, sizes: (0.1, 19))
    with pytest.raises(WrongResult, match="ping-pong gave 19 instead of 20"):
        SAVINA["ping-pong"].measure(stage, {"rounds": 20})


@pytest.mark.parametrize("runtime", ["repertory", "pykka", "asyncio"])
def test_an_actor_that_fails_ends_the_benchmark(runtime: str) -> None:
    from benchmarks.savina.cases import SAVINA
    from benchmarks.savina.role import Role
    from benchmarks.savina.stages.catalogue import RUNTIMES

    class Failing(Role):
        def setup(self, rounds: int) -> None:
            self.rounds = rounds

        def receive(self, message: Any) -> None:
            raise ArithmeticError("as asked")

    stage = RUNTIMES[runtime].stage()
    try:
        with pytest.raises(ArithmeticError, match="as asked"):
            dataclasses.replace(SAVINA["ping-pong"], main=Failing).measure(stage, {"rounds": 1})
    finally:
        stage.close()


def test_a_run_leaves_a_table_a_plot_and_every_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from benchmarks.savina import __main__ as program

    order = "savina --only ping-pong --runtime repertory --runtime asyncio --rounds 2"
    monkeypatch.setattr(sys, "argv", [*order.split(), "--scale", "0.001", "--out", str(tmp_path)])
    assert program.main() == 0
    assert "ping-pong" in capsys.readouterr().out
    (benchmark,) = json.loads((tmp_path / "savina.json").read_text())["benchmarks"]
    assert {name: len(rounds) for name, rounds in benchmark["rounds"].items()} == {
        "repertory": 2,
        "asyncio": 2,
    }
    assert benchmark["sizes"]["asyncio"] == {"rounds": 40}
    assert (tmp_path / "savina.svg").read_text().startswith("<svg")
    assert "| ping-pong, µs a message |" in (tmp_path / "savina.md").read_text()


def test_a_benchmark_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from benchmarks.savina import __main__ as program

    monkeypatch.setattr(sys, "argv", ["savina", "--runtime", "akka"])
    assert program.main() == 2
    assert capsys.readouterr().out.startswith("There is no akka. Benchmarks: ping-pong,")


def test_a_runtime_says_why_it_can_not_run_a_benchmark() -> None:
    from benchmarks.savina.cases import CASES
    from benchmarks.savina.stages.catalogue import RUNTIMES, Runtime

    many = {"count": 1_000_000}
    assert RUNTIMES["pykka"].refuses(CASES["idle-1000000"], many) == "needs 1,000,000 threads"
    gone = Runtime("gone", "nothing", ("gone", "Gone"), "no-such-distribution")
    assert gone.refuses(CASES["ask"], {"count": 1}) == "not installed"
    assert RUNTIMES["asyncio"].refuses(CASES["ask"], {"count": 1}) is None
