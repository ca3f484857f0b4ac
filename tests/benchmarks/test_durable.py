"""The benchmarks of the durable step work: each case at tiny sizes, growth curves included."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = "Repertory"


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    folder = tmp_path_factory.mktemp("bench")
    done = subprocess.run(
        [
            *(sys.executable, "-W", "error", "-m", "benchmarks.durable", "--short"),
            *("--rounds", "1", "--folder", folder, "--out", folder, "--name", "short"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    document = json.loads((folder / "short.json").read_text(encoding="utf-8"))
    return {case["name"]: case for case in document["cases"]}


def test_every_case_gives_figures_of_ours_and_of_its_limit(cases: dict[str, dict]) -> None:
    for name, case in cases.items():
        assert case["missing"] == {}, name
        for label in (OURS, case["limit"]):
            taken = [figures[case["figure"]] for figures in case["rounds"][label]]
            assert len(taken) == 1 and all(figure > 0 for figure in taken), (name, label)


def test_the_growth_curves_have_all_their_points(cases: dict[str, dict]) -> None:
    grown = [name for name in cases if name.startswith(("workflows_", "senders_", "context_"))]
    assert grown == [
        *("workflows_2", "workflows_20", "senders_1", "senders_3", "context_100", "context_2000")
    ]


def test_the_large_store_is_measured_warm_and_cold(cases: dict[str, dict]) -> None:
    assert {name for name in cases if name.startswith("large_")} == {
        f"large_{figure}"
        for figure in (
            *("open", "list", "list_by_state", "first_event", "slowest_event"),
            *("cold_open", "cold_list", "cold_event", "peak"),
        )
    }
    assert cases["large_peak"]["medians"][OURS] < 200
