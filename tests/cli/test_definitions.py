"""How a command finds the workflow class that it is given, and what it says when it can't."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from repertory.actors import Lifecycle
from repertory.actors.cli.definition import load_definition

from .conftest import ORDERS, Run

HEAD = "from repertory.actors import Event, State, Workflow\n\n"
ONE = "class {name}(Workflow):\n    a = State(initial=True)\n    b = State(final=True)\n"
GO = "    go = a.to(b)\n"


def test_the_class_may_be_left_out_where_there_is_one() -> None:
    assert load_definition(str(ORDERS)).__name__ == "Order"
    assert load_definition(f"{ORDERS}:Order").__name__ == "Order"


def test_a_module_is_imported_by_its_name() -> None:
    assert load_definition("repertory.actors:Lifecycle") is Lifecycle
    assert load_definition("repertory.actors.lifecycle") is Lifecycle


def test_a_module_is_found_where_the_command_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "found_here.py").write_text(HEAD + ONE.format(name="FoundHere") + GO)
    monkeypatch.chdir(tmp_path)
    assert load_definition("found_here:FoundHere").__name__ == "FoundHere"


def test_a_definition_may_import_what_is_beside_it_and_have_a_typed_context(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)  # restores the path afterwards
    (tmp_path / "beside_it.py").write_text("LIMIT = 3\n")
    text = "from __future__ import annotations\nfrom beside_it import LIMIT\n" + HEAD
    text += ONE.format(name="Beside") + GO + "    class Context:\n        n: int = LIMIT\n"
    (tmp_path / "uses_it.py").write_text(text)
    assert load_definition(str(tmp_path / "uses_it.py")).make_context().n == 3


def test_a_file_whose_name_is_a_module_of_python_hides_nothing(tmp_path: Path) -> None:
    import json

    (tmp_path / "json.py").write_text(HEAD + ONE.format(name="NamedJson") + GO)
    assert load_definition(str(tmp_path / "json.py")).__name__ == "NamedJson"
    import json as again

    assert again is json


BAD = {
    "syntax.py": ("class Broken(\n", ["syntax.py, line 1", "correct the file"]),
    "nulls.py": ("a = 1\0", ["nulls.py"]),
    "raises.py": ("import os\n\nlimit = 1 / 0\n", ["raises.py, line 3", "ZeroDivisionError"]),
    "imports.py": ("import nothing_like_it\n", ["imports.py, line 1", "nothing_like_it"]),
    "exits.py": ("raise SystemExit(3)\n", ["exits.py, line 1", "SystemExit: 3"]),
    "lines.py": ("raise ValueError('one\\ntwo')\n", ["lines.py, line 1", "one two"]),
    "called.py": (
        "import json\n\nsettings = json.loads('{')\n",
        ["called.py, line 3", "JSONDecodeError"],
    ),
    "unreachable.py": (
        HEAD + ONE.format(name="Unreachable") + "    c = State()\n" + GO,
        ["unreachable.py, line 3", "Unreachable"],
    ),
    "no_guard.py": (
        HEAD + ONE.format(name="NoGuard") + "    go = a.to(b, cond='is_it')\n",
        ["no_guard.py, line 3", "is_it"],
    ),
    "empty.py": ("", ["empty.py", "no workflow"]),
    "two.py": (
        HEAD + ONE.format(name="First") + GO + ONE.format(name="Second") + GO,
        ["two.py", "First, Second", "two.py:First"],
    ),
    "latin.py": (b"# caf\xe9\n", ["latin.py"]),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_definition_is_one_sentence_with_file_and_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    content, parts = BAD[name]
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    monkeypatch.chdir(tmp_path)
    run("diagram", name).failed_with(*parts)


@pytest.mark.parametrize(
    ("definition", "parts"),
    [
        ("no/such/file.py", ["no/such/file.py", "does not exist"]),
        (f"no{os.sep}file.py:Order", ["file.py", "does not exist"]),
        (str(ORDERS.parent), ["a directory"]),
        (f"{ORDERS}:Ordre", ["'Ordre'", "mean 'Order'?"]),
        (f"{ORDERS}:State", ["State", "no workflow"]),
        (f"{ORDERS}:os", ["module", "no workflow"]),
        (f"{ORDERS}:Workflow", ["no states"]),
        ("no_such_module:Order", ["'no_such_module'"]),
        ("repertory.nothing:Order", ["'repertory.nothing'"]),
        ("repertory.actors:Nothing", ["'Nothing'"]),
        ("what is this", ["'what is this'", "neither a file nor"]),
        ("", ["neither a file nor"]),
        (":Order", ["neither a file nor"]),
        ("..x", ["neither a file nor"]),
    ],
)
def test_what_is_not_there_is_one_sentence(run: Run, definition: str, parts: list[str]) -> None:
    run("diagram", definition).failed_with(*parts)


def test_a_module_that_raises_is_told_with_its_file_and_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "raising_module.py").write_text("\n\nboom = {}['x']\n")
    monkeypatch.chdir(tmp_path)
    run("diagram", "raising_module").failed_with("raising_module.py, line 3", "KeyError")


def test_a_file_that_failed_can_be_corrected_and_loaded(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "corrected.py"
    path.write_text("raise ValueError\n")
    assert run("diagram", path).code == 1
    path.write_text(HEAD + ONE.format(name="Corrected") + GO + "# longer than it was\n")
    assert run("diagram", path).code == 0
