"""python-statemachine's own test suite, run on its engine and on ours, and compared.

It is run three times: as it is, with our engines in the place of the stock ones, and with
every chart made as a `CompiledChart` makes its instances. Run as
`python tests/conformance/statemachine_suite.py`; the sdist and an environment for it are kept
under `build/conformance`. Exits with 1 when any test has another outcome than on the stock
engine. Graphviz (`dot`) should be there, or the tests that need it are skipped.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import venv
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

VERSION = "3.2.2"
HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
REQUIREMENTS = (
    "pytest>=9.1",
    "pytest-asyncio>=1.4",
    "pytest-benchmark>=5.3",
    "pytest-cov",
    "pytest-django>=4.14",
    "pytest-mock",
    "pytest-timeout",
    "pytest-xdist",
    "PyYAML",
    "Sphinx",
    "babel",
    "django>=5.2",
    "furo",
    "jsonschema",
    "myst-parser",
    "pdbr",
    "pillow",
    "pydot",
    "sphinx-copybutton",
    "sphinx-gallery",
    "sphinxcontrib-mermaid",
)


def run(*command: str | Path, **options: object) -> None:
    subprocess.run([str(part) for part in command], check=True, **options)  # type: ignore[call-overload]  # options are run's own


def prepare(work: Path) -> tuple[Path, Path]:
    """The unpacked suite, and the Python that has what it needs."""
    python = work / "venv" / "bin" / "python"
    suite = work / f"python_statemachine-{VERSION}"
    if not python.exists():
        venv.create(work / "venv", with_pip=True)
        run(python, "-m", "pip", "install", "-q", *REQUIREMENTS)
    if not suite.exists():
        source = f"python-statemachine=={VERSION}"
        where = ("-q", "--no-deps", "--no-binary", ":all:", "-d", work)
        run(python, "-m", "pip", "download", *where, source)
        with tarfile.open(work / f"{suite.name}.tar.gz") as archive:
            archive.extractall(work, filter="data")
    run(python, "-m", "pip", "install", "-q", "--force-reinstall", "--no-deps", ROOT)
    run(python, "-m", "pip", "install", "-q", ROOT)
    return suite, python


def outcomes(suite: Path, python: Path, report: Path, *plugins: str) -> dict[str, Counter[str]]:
    """Run the suite; the outcomes of each test (names of doctests are not always unique)."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "core.settings",
        "PYTHONPATH": os.pathsep.join((str(HERE), "tests/django_project")),
    }
    options = ("-q", "-n", "2", "-p", "no:cacheprovider", "--benchmark-disable")
    with (report.with_suffix(".log")).open("w") as log:
        subprocess.run(
            [python, "-m", "pytest", *options, f"--junitxml={report}", *plugins],
            cwd=suite,
            env=environment,
            stdout=log,
            stderr=log,
            check=False,
        )
    found: dict[str, Counter[str]] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        outcome = next(
            (
                "xfailed" if part.get("type") == "pytest.xfail" else part.tag
                for part in case
                if part.tag in ("failure", "error", "skipped")
            ),
            "passed",
        )
        found.setdefault(name, Counter())[outcome] += 1
    return found


def total(found: dict[str, Counter[str]]) -> str:
    counts = sum(found.values(), Counter())
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "conformance")
    work = parser.parse_args().work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    if shutil.which("dot") is None:
        print("Graphviz is not installed: tests that draw with `dot` are skipped.")
    suite, python = prepare(work)
    stock = outcomes(suite, python, work / "stock.xml")
    print(f"stock:    {total(stock)}")
    differing = 0
    for plugin in ("compiled_plugin", "light_plugin"):
        ours = outcomes(suite, python, work / f"{plugin}.xml", "-p", plugin)
        print(f"{plugin}: {total(ours)}")
        for name in sorted({*stock, *ours}):
            if stock.get(name) != ours.get(name):
                differing += 1
                print(f"differs: {name}: {dict(stock.get(name, {}))} -> {dict(ours.get(name, {}))}")
    same = 2 * sum(sum(counts.values()) for counts in stock.values()) - differing
    print(f"{same} passed, {differing} failed")
    return 1 if differing or not stock else 0


if __name__ == "__main__":
    sys.exit(main())
