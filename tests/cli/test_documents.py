"""check, diagram, run, new and stubs, as people use them on documents."""

from __future__ import annotations

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from repertory.actors.cli.errors import CommandFailed
from repertory.actors.cli.event_line import EventLine
from repertory.actors.cli.picture import font_for, to_png

from .conftest import ORDERS, Run

PERMIT = """\
workflow = "cli_permit"

[context]
fee = 30
paid = 0

[guards]
covered = "context.paid + event.amount >= context.fee"

[agents.clerk]
model = "m"

[states.asked]
agents = ["clerk"]
on.pay = [{ to = "paid", if = "covered", do = "book" }, { do = "book" }]

[states.paid]
final = true
"""
ACTIONS = """\
from repertory.actors import action


def book(workflow, amount):
    workflow.context.paid += amount
    return workflow.context.paid
"""


@pytest.fixture
def permit(tmp_path: Path) -> Path:
    path = tmp_path / "permit.toml"
    path.write_text(PERMIT, encoding="utf-8")
    (tmp_path / "permit_actions.py").write_text(ACTIONS, encoding="utf-8")
    return path


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    path = tmp_path / "faulty.toml"
    text = PERMIT.replace('to = "paid"', 'to = "payed"').replace("final = true", "fnal = true")
    path.write_text(text, encoding="utf-8")
    return path


def test_check_of_a_sound_document_says_so(run: Run, permit: Path) -> None:
    ran = run("check", permit)
    assert (ran.code, ran.out, ran.err) == (0, "", "cli_permit: no faults.\n")


def test_check_tells_every_fault_on_a_line_of_its_own(run: Run, faulty: Path) -> None:
    ran = run("check", faulty)
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert all(line.startswith(f"{faulty}:") for line in lines)
    assert any(
        f"{faulty}:15:18: 'payed'" in line and "did you mean 'paid'?" in line for line in lines
    )
    assert any("'fnal'" in line and "did you mean 'final'?" in line for line in lines)
    assert f"{len(lines)} faults." in ran.err


def test_check_writes_json_for_editors(run: Run, faulty: Path, permit: Path) -> None:
    ran = run("check", faulty, permit, "--json")
    assert ran.code == 1
    fault = next(f for f in ran.json["faults"] if f["name"] == "payed")
    assert (fault["file"], fault["line"], fault["column"]) == (str(faulty), 15, 18)
    assert ran.json["workflows"] == [{"name": "cli_permit", "version": 1, "events": ["pay"]}]
    assert run("check", permit, "--format", "json").json["faults"] == []


def test_check_annotates_for_github(run: Run, faulty: Path) -> None:
    ran = run("check", faulty, "--format", "github")
    assert ran.code == 1
    first = ran.out.splitlines()[0]
    assert first.startswith(f"::error file={faulty},line=15,col=18,title=payed::'payed'")


def test_check_with_actions_tells_those_that_are_not_bound(
    run: Run, permit: Path, tmp_path: Path
) -> None:
    assert run("check", permit, "--actions", tmp_path / "permit_actions.py").code == 0
    (tmp_path / "no_actions.py").write_text("")
    ran = run("check", permit, "--actions", tmp_path / "no_actions.py")
    assert ran.code == 1
    assert "book" in ran.out


def test_check_tells_where_a_resource_names_a_key_that_is_not_set(
    run: Run, permit: Path, tmp_path: Path
) -> None:
    text = (
        permit.read_text()
        + """
[resources.api]
type = "http"
endpoint = "https://api.example"
auth_required = true
secret_key = "A_KEY_THAT_IS_NOT_SET"
"""
    )
    path = tmp_path / "keyed.toml"
    path.write_text(text.replace("[states.asked]", '[states.asked]\nresources = ["api"]', 1))
    ran = run("check", path, "--actions", tmp_path / "permit_actions.py")
    line = path.read_text().split("\n").index('secret_key = "A_KEY_THAT_IS_NOT_SET"') + 1
    assert ran.out.startswith(f"{path}:{line}:14: 'secret_key' of resource 'api' takes the key")


def test_check_takes_python_files_too(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "checked_wrong.py"
    path.write_text(
        "from repertory.actors import State, Workflow\n\n\n"
        "class CheckedWrong(Workflow):\n    a, b = State(initial=True), State()\n    go = a.to(b)\n"
    )
    ran = run("check", path)
    assert ran.code == 1
    assert str(path) in ran.out
    assert "'b'" in ran.out


def test_check_of_a_python_file_checks_all_the_workflows_in_it(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "checked_three.py"
    path.write_text(
        "from repertory.actors import State, Workflow\n"
        + "".join(
            f"class CheckedOf{n}(Workflow):\n    a = State(initial=True, final=True)\n"
            for n in (1, 2, 3)
        )
    )
    ran = run("check", path)
    assert ran.code == 0, ran.err
    assert "CheckedOf1, CheckedOf2, CheckedOf3: no faults" in ran.err
    assert "CheckedOf2: no faults" in run("check", f"{path}:CheckedOf2").err


def test_actions_that_cannot_be_imported_are_told_as_such(
    run: Run, permit: Path, tmp_path: Path
) -> None:
    gone, broken = tmp_path / "nowhere.py", tmp_path / "broken_actions.py"
    broken.write_text("import no_such_module_at_all\n")
    for command in (("check", permit), ("run", permit)):
        run(*command, "--actions", gone).failed_with(
            f"The module with actions, {gone} does not exist; give path/to/actions.py"
        )
        run(*command, "--actions", broken).failed_with("no_such_module_at_all", "line 1")
        run(*command, "--actions", "no_such_actions").failed_with("no_such_actions", "actions.py")


def test_stubs_of_a_class_say_that_they_are_for_documents(run: Run) -> None:
    run("stubs", f"{ORDERS}:Order").failed_with("is no document", "attributes")


class Terminal(StringIO):
    """What is typed in a terminal."""

    def isatty(self) -> bool:
        return True


def test_the_prompt_of_run_says_how_to_leave_and_helps(
    run: Run, permit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for leave in ("quit\npay\n", "exit\npay\n", ""):
        monkeypatch.setattr("sys.stdin", Terminal(f"help\n?\n{leave}"))
        ran = run("run", permit, "--actions", permit.parent / "permit_actions.py")
        assert ran.code == 0, ran.err
        assert ran.out.count("Ctrl-D leaves") == 3
        assert ran.out.count("events: ") == 3
        assert ran.err == ""


def test_check_of_a_file_that_is_not_there(run: Run, tmp_path: Path) -> None:
    ran = run("check", tmp_path / "none.toml")
    assert ran.code == 1
    assert "can't be read" in ran.out


@pytest.mark.parametrize("name", ["a.svg", "a.dot", "a.mmd", "a.png"])
def test_diagram_draws_states_events_guards_and_agents(
    run: Run, permit: Path, tmp_path: Path, name: str
) -> None:
    assert run("diagram", permit, "-o", tmp_path / name).code == 0
    content = (tmp_path / name).read_bytes()
    if name == "a.png":
        assert content.startswith(b"\x89PNG")
        return
    text = content.decode()
    for part in ("asked", "paid", "pay", "covered", "clerk"):
        assert part in text


def test_a_png_has_the_texts_also_where_the_fonts_are_others() -> None:
    drawn = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="20">{}</svg>'
    text = '<text y="15" style="font-family: Helvetica, Arial, sans-serif">paid</text>'
    assert to_png(drawn.format(text)) != to_png(drawn.format(""))


def test_without_any_font_a_png_is_refused_and_not_drawn_without_its_texts() -> None:
    def without_fonts(**_options: Any) -> bytes:
        return b"nothing but lines"

    with pytest.raises(CommandFailed, match="needs a font, and none was found"):
        font_for(without_fonts)


def test_diagram_of_a_faulty_document_tells_the_faults(run: Run, faulty: Path) -> None:
    ran = run("diagram", faulty)
    assert ran.code == 1
    assert "did you mean 'paid'?" in ran.err
    assert "Traceback" not in ran.err


def test_diagram_as_png_needs_a_file(run: Run, permit: Path) -> None:
    run("diagram", permit, "--format", "png").failed_with("--output")


def test_diagram_shows_what_it_can_without_the_environment(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "variable.toml"
    path.write_text(PERMIT.replace('model = "m"', 'model = "${NOT_SET_AT_ALL}"'), encoding="utf-8")
    assert run("diagram", path).code == 0
    assert run("check", path).code == 1
    assert run("check", path, "--no-environment").code == 0


def session(permit: Path, lines: str, *options: object) -> subprocess.CompletedProcess[str]:
    actions = permit.with_name("permit_actions.py")
    command = [sys.executable, "-m", "repertory.actors.cli", "run", permit, "-a", actions, *options]
    return subprocess.run(
        [str(part) for part in command], input=lines, capture_output=True, text=True, timeout=60
    )


def test_run_takes_events_from_stdin_and_shows_where_the_workflow_stands(permit: Path) -> None:
    done = session(permit, 'pay amount=10\n\n# the rest\npay {"amount": 20}\n', "--id", "p-1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "asked", "answer: 10", "asked", "answer: 30", "paid", "p-1 has finished."
    ]  # fmt: skip


def test_run_tells_what_fails_and_goes_on(permit: Path) -> None:
    done = session(permit, "pya amount=1\npay\npay amount\npay amount=30\n")
    assert done.returncode == 1
    assert "did you mean 'pay'?" in done.stderr
    assert "the event has no 'amount'" in done.stderr
    assert "'amount' is no data" in done.stderr
    assert done.stdout.splitlines()[-2] == "paid"


def test_run_keeps_the_workflow_in_a_store_and_goes_on_with_it(
    permit: Path, tmp_path: Path
) -> None:
    store = tmp_path / "permits.db"
    assert session(permit, "pay amount=10\n", "--store", store, "--id", "p").returncode == 0
    done = session(permit, "pay amount=20\n", "--store", store, "--id", "p")
    assert done.stdout.splitlines()[-2:] == ["paid", "p has finished."]
    again = session(permit, "", "--store", store, "--id", "p", "--context", "{}")
    assert again.stdout.splitlines() == ["paid", "p has finished."]


def test_run_begins_with_the_context_that_is_given(permit: Path) -> None:
    done = session(permit, "pay amount=5\n", "--context", '{"fee": 5}')
    assert done.stdout.splitlines()[-2] == "paid"
    assert "total" in session(permit, "", "--context", '{"total": 5}').stderr


def test_run_shows_what_happens_by_itself_while_it_waits(tmp_path: Path) -> None:
    path = tmp_path / "timed.toml"
    path.write_text(
        'workflow = "cli_timed"\n[states.a]\nafter = { seconds = 0.05, to = "b" }\n'
        '[states.b]\non.go = "c"\n[states.c]\nfinal = true\n'
    )
    command = [sys.executable, "-m", "repertory.actors.cli", "run", str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdin and running.stdout
        assert [running.stdout.readline() for _ in range(3)] == ["a\n", "(after.state.a)\n", "b\n"]
        running.stdin.write("go\n")
        running.stdin.close()
        assert running.stdout.readline() == "c\n"
        assert running.stdout.read().endswith("has finished.\n")
    assert running.returncode == 0


def test_run_names_the_workflows_when_there_are_several(
    run: Run, permit: Path, tmp_path: Path
) -> None:
    run("run", permit, "other").failed_with("no workflow 'other'", "cli_permit")
    assert run("run", permit, "cli_permit").code == 1  # its actions are not bound


def test_a_document_is_a_definition_for_the_other_commands_too(
    run_process: Run, permit: Path, tmp_path: Path
) -> None:
    store = tmp_path / "permits.db"
    assert session(permit, "pay amount=10\n", "--store", store, "--id", "p").returncode == 0
    actions = tmp_path / "permit_actions.py"
    definition = ("-d", f"{permit}:cli_permit", "--store", store, "--actions", actions)
    ran = run_process("send", "p", "pay", *definition, "--data", '{"amount": 20}')
    assert ran.code == 0, ran.err
    assert "asked -> paid" in ran.out
    assert run_process("rollback", "p", *definition).code == 0
    assert run_process("diagram", permit, "--store", store).code == 0


@pytest.mark.parametrize(
    ("line", "data"),
    [
        ("pay", {}),
        ("pay amount=3 by=Ada", {"amount": 3, "by": "Ada"}),
        ("pay a='two words' b=[1,2] c=null", {"a": "two words", "b": [1, 2], "c": None}),
        ('pay {"a": {"b": 1}}', {"a": {"b": 1}}),
        ("pay text=3px", {"text": "3px"}),
    ],
)  # fmt: skip
def test_a_line_is_an_event_with_its_data(line: str, data: dict[str, Any]) -> None:
    assert EventLine.read(line, ["pay"]) == EventLine("pay", data)


@pytest.mark.parametrize("line", ["", "x", "pay {", "pay amount", "pay =3", "pay 'open"])
def test_a_line_that_is_none_is_one_sentence(line: str) -> None:
    with pytest.raises(CommandFailed):
        EventLine.read(line, ["pay"])


@pytest.fixture
def project(run: Run, tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    ran = run("new", folder)
    assert ran.code == 0
    assert "python main.py" in ran.out
    return folder


def test_a_new_project_runs_and_runs_again(project: Path) -> None:
    def main() -> list[str]:
        done = subprocess.run(
            [sys.executable, "main.py"], cwd=project, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    first = main()
    assert first[-1] == "order-7 is shipped"
    assert "received: 30" in first
    assert main() == ["order-7 is shipped"]


def test_what_the_readme_of_a_new_project_says_works(project: Path) -> None:
    text = (project / "README.md").read_text(encoding="utf-8")
    commands = [line.strip() for line in text.splitlines() if line.startswith("    repertory ")]
    assert len(commands) >= 4
    for command in commands:
        typed = command.replace("repertory", f"{sys.executable} -m repertory.actors.cli", 1)
        done = subprocess.run(
            typed, shell=True, cwd=project, input="", capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def test_a_new_project_is_not_put_over_anything(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    run("new", tmp_path).failed_with("not empty")
    run("new", tmp_path / "mine.txt").failed_with("not empty")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


USES = """\
from names import CliPermitContext, CliPermitEvent, CliPermitState

from repertory.actors import WorkflowRef


def pay(ref: WorkflowRef) -> bool:
    ref.ask({event}, amount=3)
    context: CliPermitContext = {{{context}}}
    print(context)
    return ref.snapshot().is_in({state})
"""


@pytest.mark.parametrize(
    ("event", "state", "context", "wrong"),
    [
        ("CliPermitEvent.PAY", "CliPermitState.PAID", '"fee": 3', ""),
        ("CliPermitEvent.PYA", "CliPermitState.PAID", '"fee": 3', '"PYA"'),
        ("CliPermitEvent.PAY", "CliPermitState.PAYED", '"fee": 3', '"PAYED"'),
        ("CliPermitEvent.PAY", "CliPermitState.PAID", '"fee": "3"', '"fee"'),
        ("CliPermitEvent.PAY", "CliPermitState.PAID", '"free": 3', '"free"'),
    ],
)
def test_mypy_finds_what_the_stubs_do_not_have(
    run: Run, permit: Path, tmp_path: Path, event: str, state: str, context: str, wrong: str
) -> None:
    pytest.importorskip("mypy")
    assert run("stubs", permit, "-o", tmp_path / "names.py").code == 0
    path = tmp_path / "uses.py"
    path.write_text(USES.format(event=event, state=state, context=context), encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--ignore-missing-imports"]
    command += ["--disable-error-code=import-untyped", "--disable-error-code=no-any-return"]
    done = subprocess.run(
        [*command, "names.py", "uses.py"], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    if not wrong:
        assert done.returncode == 0, done.stdout
    else:
        errors = [line for line in done.stdout.splitlines() if ": error:" in line]
        assert len(errors) == 1, done.stdout
        assert wrong in errors[0]


def test_stubs_are_python_whatever_names_a_document_has(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "odd.toml"
    path.write_text(
        'workflow = "odd-names"\n[context]\nclass = "string"\n'
        '[states.a-b]\non."x.y" = "A_b"\non.count = "A_b"\n[states.A_b]\nfinal = true\n'
        '[contracts.count.input]\n"not a name" = "integer"\nkind = "enum:[\'a\', \'b\']"\n',
        encoding="utf-8",
    )
    ran = run("stubs", path)
    assert ran.code == 0, ran.err
    namespace: dict[str, Any] = {"__name__": "odd_stubs"}
    exec(compile(ran.out, "odd.py", "exec"), namespace)
    assert {state.value for state in namespace["OddNamesState"]} == {"a-b", "A_b"}
    assert {event.value for event in namespace["OddNamesEvent"]} == {"x.y", "count"}
    assert json.dumps(sorted(namespace["__all__"]))
