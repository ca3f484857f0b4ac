"""A store with three orders in it, and the command line to look at it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from repertory.actors import ActorSystem
from repertory.actors.cli import main
from repertory.actors.cli.definition import load_definition
from repertory.actors.errors import InvalidTransition

ORDERS = Path(__file__).parent / "orders.py"


@dataclass
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def failed_with(self, *parts: str, code: int = 1) -> None:
        """Check that it failed with one sentence on stderr, in which these parts are."""
        assert self.code == code, (self.out, self.err)
        assert self.err.count("\n") == 1, self.err
        assert "Traceback" not in self.err
        for part in parts:
            assert part in self.err, f"{part!r} is not in {self.err!r}"


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process."""

    def ran(*arguments: object) -> Ran:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return ran


@pytest.fixture
def run_process() -> Run:
    """Run a command as people do."""

    def ran(*arguments: object, stdin: str = "") -> Ran:
        command = [sys.executable, "-m", "repertory.actors.cli", *map(str, arguments)]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60)
        return Ran(done.returncode, done.stdout, done.stderr)

    return ran


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that is only copied: order-1 in the basket, order-2 paid, order-3 shipped."""
    order = load_definition(f"{ORDERS}:Order")
    path = tmp_path_factory.mktemp("filled") / "orders.db"
    with ActorSystem(path) as system:
        refs = [system.start(order, id=f"order-{n}", context={"total": 20 + n}) for n in (1, 2, 3)]
        with pytest.raises(InvalidTransition):
            refs[0].ask("ship", keep_refused=True)
        for ref in refs[1:]:
            ref.ask("pay", amount=40, key="pay")
        refs[2].ask("ship")
    return path


@pytest.fixture
def store(filled: Path, tmp_path: Path) -> Path:
    """A store of one's own with the three orders."""
    path = tmp_path / "orders.db"
    path.write_bytes(filled.read_bytes())
    return path
