"""The schemas as editors get them: from `repertory schema`, and in a new project."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from repertory.actors.definitions import document_schema

from .conftest import Run

TAPLO = Path(sys.executable).with_name("taplo")
needs_taplo = pytest.mark.skipif(not TAPLO.exists(), reason="taplo is not installed")


def lint(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TAPLO, "lint", path.name], cwd=path.parent, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("given", "form"), [([], "native"), (["native"], "native"), (["swarm"], "swarm")]
)
def test_a_schema_is_printed(run: Run, given: list[str], form: str) -> None:
    assert json.loads(run("schema", *given).out) == document_schema(form)  # type: ignore[arg-type]  # it is one


def test_a_schema_is_written_to_a_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "swarm.schema.json"
    assert run("schema", "swarm", "-o", path).code == 0
    assert json.loads(path.read_text())["title"] == "Swarm.toml"


@needs_taplo
def test_the_editor_of_a_new_project_tells_of_a_misspelt_key(run: Run, tmp_path: Path) -> None:
    assert run("new", tmp_path / "shop").code == 0
    path = tmp_path / "shop" / "order.toml"
    assert lint(path).returncode == 0, lint(path).stderr
    path.write_text(path.read_text().replace("final = true", "finnal = true"))
    assert lint(path).returncode != 0
    assert "'finnal' was unexpected" in lint(path).stderr


@needs_taplo
def test_an_editor_takes_a_whole_swarm(run: Run, tmp_path: Path) -> None:
    whole = Path(__file__).parents[1] / "fuzz" / "corpus" / "swarm.toml"
    path = tmp_path / "swarm.toml"
    run("schema", "swarm", "-o", tmp_path / "swarm.schema.json")
    path.write_text(f"#:schema ./swarm.schema.json\n{whole.read_text()}")
    assert lint(path).returncode == 0, lint(path).stderr
    path.write_text(path.read_text().replace("timeout_seconds = 3600", 'timeout_seconds = "1h"'))
    assert "timeout" in lint(path).stderr or '"1h"' in lint(path).stderr
