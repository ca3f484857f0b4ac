"""Commands that only look."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from repertory.actors import ActorSystem, State, Workflow

from .conftest import Run

WORKFLOW_FIELDS = {
    "id",
    "class",
    "version",
    "configuration",
    "finished",
    "sequence",
    "first_sequence",
    "created_at",
    "updated_at",
    "number",
}


class Phone(Workflow):
    """Rings another one."""

    quiet = State(initial=True)
    ringing = State(final=True)
    call = quiet.to.itself(internal=True)
    ring = quiet.to(ringing)

    def on_call(self, to: str) -> None:
        self.tell(to, "ring")


def ids(listing: dict[str, list[dict[str, str]]]) -> list[str]:
    return [workflow["id"] for workflow in listing["workflows"]]


def test_list_has_every_workflow_in_the_order_of_creation(run: Run, store: Path) -> None:
    listing = run("list", "--store", store, "--json").json
    assert ids(listing) == ["order-1", "order-2", "order-3"]
    assert listing["next"] is None
    assert set(listing["workflows"][0]) == WORKFLOW_FIELDS


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--state", "paid"], ["order-2"]),
        (["--finished"], ["order-3"]),
        (["--open"], ["order-1", "order-2"]),
        (["--class", "Order", "--open", "--state", "basket"], ["order-1"]),
        (["--state", "paid", "--finished"], []),
    ],
)
def test_list_filters(run: Run, store: Path, options: list[str], found: list[str]) -> None:
    assert ids(run("list", "--store", store, "--json", *options).json) == found


def test_list_goes_on_where_the_page_before_ended(run: Run, store: Path) -> None:
    first = run("list", "--store", store, "--limit", 2, "--json").json
    rest = run("list", "--store", store, "--after", first["next"], "--json").json
    assert ids(first) + ids(rest) == ["order-1", "order-2", "order-3"]
    assert rest["next"] is None


def test_a_piped_list_is_plain_lines_with_tabs(run: Run, store: Path) -> None:
    lines = run("list", "--store", store).out.splitlines()
    assert [line.split("\t")[1] for line in lines] == ["id", "order-1", "order-2", "order-3"]


def test_list_says_on_stderr_that_nothing_is_like_that(run: Run, store: Path) -> None:
    ran = run("list", "--store", store, "--state", "paid", "--finished")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "No workflow is like that.\n"


def test_list_of_an_unknown_state_names_the_one_that_is_meant(run: Run, store: Path) -> None:
    for options in (["--class", "Order"], []):
        asked = run("list", "--store", store, "--state", "piad", *options)
        asked.failed_with("'piad'", "mean 'paid'?")


def test_list_of_any_state_of_an_empty_store_is_empty(run: Run, tmp_path: Path) -> None:
    with ActorSystem(tmp_path / "empty.db"):
        pass
    assert run("list", "--store", tmp_path / "empty.db", "--state", "handling").code == 0


def test_list_of_an_unknown_class_names_the_one_that_is_meant(run: Run, store: Path) -> None:
    run("list", "--store", store, "--class", "Ordre").failed_with("'Ordre'", "mean 'Order'?")


def test_show_has_the_state_and_the_context(run: Run, store: Path) -> None:
    shown = run("show", "order-2", "--store", store, "--json").json
    assert shown["workflow"]["configuration"] == ["paid"]
    assert shown["context"] == {"total": 22, "received": 40}
    assert "paid" in run("show", "order-2", "--store", store).out


def test_history_has_what_happened_and_what_was_refused(run: Run, store: Path) -> None:
    entries = run("history", "order-1", "--store", store, "--json").json["entries"]
    assert [(e["kind"], e["event"]) for e in entries] == [
        ("created", "__created__"),
        ("refused", "ship"),
    ]
    assert entries[1]["error"]["type"] == "InvalidTransition"
    assert "ship (refused)" in run("history", "order-1", "--store", store).out


def test_history_can_be_cut_to_the_last_steps(run: Run, store: Path) -> None:
    entries = run("history", "order-3", "--store", store, "--last", 1, "--json").json["entries"]
    assert [(e["sequence"], e["event"], e["target"]) for e in entries] == [(3, "ship", ["shipped"])]


def test_history_has_keys_and_who_sent_what_to_whom(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "pairs.db"
    with ActorSystem(store) as system:
        ada, ben = (system.start(Phone, id=id) for id in ("ada", "ben"))
        ada.ask("call", to="ben", key="first-call")
        ben.wait_for(Phone.ringing, timeout=60)
    made, called = run("history", "ada", "--store", store, "--json").json["entries"]
    assert (made["sent"], made["sender"], called["sender"]) == ([], None, None)
    assert called["sent"] == [{"to": "ben", "event": "ring"}]
    rung = run("history", "ben", "--store", store, "--json").json["entries"][1]
    assert (rung["sent"], rung["sender"]) == ([], {"id": "ada", "sequence": 2})

    head, _, line = run("history", "ada", "--store", store).out.splitlines()
    assert head.split("\t")[-4:] == ["key", "sender", "sent", "timers"]
    assert line.split("\t")[-4:] == ["first-call", "", "ring to ben", ""]
    line = run("history", "ben", "--store", store).out.splitlines()[2]
    assert line.split("\t")[-3:] == ["ada, step 2", "", ""]

    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "160")
    shown = run("history", "ada", "--store", store).out
    assert "first-call" in shown and "ring to ben" in shown and "sender" not in shown


@pytest.mark.parametrize("command", ["show", "history", "export", "verify"])
def test_an_unknown_workflow_is_one_sentence(run: Run, store: Path, command: str) -> None:
    run(command, "order-9", "--store", store).failed_with("'order-9'")


def test_a_sound_store_verifies(run: Run, store: Path) -> None:
    ran = run("verify", "--store", store, "--json")
    assert (ran.code, ran.json) == (0, {"sound": True, "workflows": 3, "problems": []})
    assert "3 workflows" in run("verify", "--store", store).out


def test_verify_fails_on_damage_and_says_where(run: Run, store: Path) -> None:
    with closing(sqlite3.connect(store)) as raw, raw:
        raw.execute("UPDATE state_transitions SET data = '{\"amount\":41}' WHERE event = 'pay'")
    ran = run("verify", "--store", store, "--json")
    assert ran.code == 1
    assert {p["workflow"] for p in ran.json["problems"]} == {"order-2", "order-3"}
    assert run("verify", "order-1", "--store", store).code == 0
    table = run("verify", "order-2", "--store", store)
    assert table.code == 1
    assert "order-2\t2\t" in table.out


def test_looking_needs_no_definition(store: Path, tmp_path: Path) -> None:
    commands = [
        ["list", "--store", store],
        ["show", "order-2", "--store", store],
        ["history", "order-2", "--store", store],
        ["verify", "--store", store],
        ["export", "order-2", "--store", store, "--output", tmp_path / "order.json"],
    ]
    code = (
        "import sys\nfrom repertory.actors.cli import main\n"
        f"print([main(c) for c in {[[str(part) for part in c] for c in commands]!r}])\n"
        "assert 'orders' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[0, 0, 0, 0, 0]\n")


def test_control_characters_in_an_id_do_not_reach_the_terminal(run: Run, tmp_path: Path) -> None:
    run("show", "a\x1b[31mb\n", "--store", tmp_path / "no.db").failed_with("no.db")
    assert "\x1b" not in run("show", "\x1b[31m", "--store", tmp_path / "no.db").err


def test_a_terminal_gets_a_table_that_fits_it(
    run: Run, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    for width, has_data in ((80, False), (160, True)):
        monkeypatch.setenv("COLUMNS", str(width))
        shown = run("history", "order-2", "--store", store).out
        assert "\t" not in shown
        assert "basket -> paid" in shown
        assert ("amount" in shown) == has_data
        assert max(map(len, re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines())) <= width


@pytest.mark.parametrize("number", [2**63, 10**30])
def test_numbers_that_no_database_can_hold_are_no_traceback(
    run: Run, store: Path, number: int
) -> None:
    assert ids(run("list", "--store", store, "--limit", number, "--json").json) != []
    assert ids(run("list", "--store", store, "--after", number, "--json").json) == []
    assert run("history", "order-1", "--store", store, "--last", number).code == 0
