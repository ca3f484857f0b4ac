"""What is installed is whole, and an app's own `actors.py` and `persistence/` don't matter."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

APP = """
import actors                     # the app's own
import persistence                # the app's own
from repertory.actors import ActorSystem, Lifecycle
from repertory.persistence.store import Store

assert actors.MINE and persistence.MINE and Store
with ActorSystem("app.db") as system:
    job = system.start(Lifecycle, id="job")
    job.ask("start")
    print(job.state)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of the tree as it is, built without touching it."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    names = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    for name in names:
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, source],
        check=True,
    )
    return next(folder.glob("*.whl"))


def test_a_wheel_holds_every_module_and_the_type_marker(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("actors", "persistence"):
        for path in (ROOT / folder).rglob("*.py"):
            assert f"repertory/{path.relative_to(ROOT).as_posix()}" in held
        assert f"repertory/{folder}/py.typed" in held
    assert not [name for name in held if name.startswith(("actors", "persistence", "tests"))]


@pytest.mark.parametrize("how", ["wheel", "editable"])
def test_an_app_with_its_own_actors_and_persistence_can_use_the_library(
    how: str, wheel: Path, tmp_path: Path
) -> None:
    (tmp_path / "actors.py").write_text("MINE = True\n")
    (tmp_path / "persistence").mkdir()
    (tmp_path / "persistence" / "__init__.py").write_text("MINE = True\n")
    (tmp_path / "app.py").write_text(APP)
    python = [sys.executable]
    if how == "wheel":
        # In front of the path, before the editable installation that these tests run on.
        site = tmp_path / "site"
        zipfile.ZipFile(wheel).extractall(site)
        runner = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(site)!r}]\n"
        runner += "import runpy; runpy.run_path('app.py')\n"
        runner += f"import repertory.actors as a; assert a.__file__.startswith({str(site)!r})"
        python += ["-c", runner]
    else:
        python += ["app.py"]
    done = subprocess.run(python, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "running\n"
