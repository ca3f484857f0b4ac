"""The layers of DESIGN hold: imports only look down, and folders are never imported bare."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

LAYERS = [
    ["persistence"],
    ["actors.runtime", "actors.charts"],
    [
        "actors.workflow",
        "actors.agenda",
        "actors.sending",
        "actors.nesting",
        "actors.pending",
        "actors.frozen_map",
        "actors.activities",
        "actors.deadline",
        "actors.cron",
        "actors.recurrence",
        "actors.timers",
        "actors.timeouts",
        "actors.to_come",
        "actors.elsewhere",
        "actors.names",
        "actors.absent",
        "actors.waiting",
        "actors.performance",
        "actors.attempt",
        "actors.presence",
        "actors.lifecycle",
        "actors.position",
        "actors.snapshot",
        "actors.migration",
        "actors.migrating",
        "actors.versions",
        "actors.fingerprint",
        "actors.definition_check",
        "actors.history",
        "actors.comparison",
        "actors.conditions",
        "actors.handlers",
        "actors.messages",
        "actors.statistics",
        "actors.stepping",
        "actors.uneventful",
        "actors.rehydration",
        "actors.outcomes",
        "actors.pipeline",
        "actors.outbox",
        "actors.due",
        "actors.in_turn",
        "actors.context_fields",
        "actors.activations",
        "actors.children",
        "actors.patterns",
        "actors.limits",
        "actors.passivation",
        "actors.quarantine",
        "actors.reception",
        "actors.resident",
        "actors.weight",
        "actors.answer",
        "actors.notifications",
        "actors.past",
        "actors.durable_subscription",
        "actors.subscribing",
        "actors.filters",
        "actors.known",
        "actors.services",
        "actors.closing",
        "actors.inspection",
        "actors.overview",
        "actors.innermost",
        "actors.inspection_socket",
        "actors.workflow_actor",
        "actors.persistence_actor",
        "actors.supervisor",
    ],
    [
        "actors.system",
        "actors.recovering",
        "actors.upkeep",
        "actors.inspecting",
        "actors.life",
        "actors.settings",
        "actors.ref",
        "actors.view",
    ],
    ["actors.definitions"],
    ["actors.errors", "actors.events", "actors.results"],
    ["actors.testing", "actors.pytest_plugin"],
    ["actors.cli"],
]
"""From the ground up. Modules of one layer may import each other, but see SEPARATE."""

SEPARATE = {("actors.runtime", "actors.charts")}


def modules() -> list[tuple[str, Path]]:
    found = []
    for folder in ("persistence", "actors"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found.append((".".join(p for p in parts if p != "__init__"), path))
    return found


def layer(module: str) -> int | None:
    """The layer that a module is in; None for the package's own __init__, which is the face."""
    for number, members in enumerate(LAYERS):
        if any(module == member or module.startswith(f"{member}.") for member in members):
            return number
    return None


def imports(module: str, path: Path) -> list[tuple[int, str, int]]:
    """Line, absolute name without `repertory.`, and level of each import in a file."""
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name, 0) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            name = ".".join([*base, *((node.module or "").split(".") if node.module else [])])
            names = [f"{name}.{alias.name}" for alias in node.names] if node.level else [name]
            found += [(node.lineno, one, node.level) for one in names]
    return found


@pytest.mark.parametrize(("module", "path"), modules(), ids=lambda value: str(value))
def test_a_module_imports_only_from_its_own_layer_and_those_below(module: str, path: Path) -> None:
    mine = layer(module)
    if mine is None:
        assert module == "actors", f"{module} is in no layer; add it to LAYERS"
        return
    for line, name, level in imports(module, path):
        if level == 0:
            root = name.split(".")[0]
            assert root not in ("actors", "persistence", "repertory"), (
                f"{path}:{line} imports {name}; inside the package imports are relative"
            )
            if root == "statemachine":
                assert module.startswith("actors.charts"), f"{path}:{line} imports statemachine"
            continue
        theirs = layer(name) if name != "actors" else len(LAYERS)
        assert theirs is not None, f"{path}:{line} imports {name}, which is in no layer"
        assert theirs <= mine, f"{path}:{line} looks up at {name}"
        for one, other in SEPARATE:
            pair = (module.startswith(one), name.startswith(other))
            swap = (module.startswith(other), name.startswith(one))
            assert not all(pair), f"{path}:{line} imports {name}"
            assert not all(swap), f"{path}:{line} imports {name}"


@pytest.mark.parametrize(
    "module",
    [
        "repertory.actors",
        "repertory.actors.ref",
        "repertory.actors.system",
        "repertory.actors.workflow_actor",
        "repertory.actors.runtime",
        "repertory.actors.charts",
        "repertory.persistence",
        "repertory.persistence.sqlite",
    ],
)
def test_any_module_can_be_imported_first(module: str) -> None:
    done = subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def test_importing_the_library_imports_no_extra() -> None:
    code = (
        "import sys, repertory.actors\n"
        "extras = {'typer', 'rich', 'pydantic', 'starlette', 'pytest', 'hypothesis', 'cronsim'}\n"
        "print(*sorted(extras & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_files_stay_short_enough_to_read() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for _, path in modules()
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 350
    }
    assert long == {}


def test_every_package_is_listed_for_installation() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    on_disk = {
        "repertory." + ".".join(path.parent.relative_to(ROOT).parts)
        for folder in ("actors", "persistence")
        for path in (ROOT / folder).rglob("__init__.py")
    }
    assert set(listed["tool"]["setuptools"]["packages"]) == on_disk
