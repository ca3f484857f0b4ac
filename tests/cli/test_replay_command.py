"""The command that replays a log: what it tells, and what it says of logs that are not right."""

from __future__ import annotations

import gzip
from pathlib import Path
from xml.etree import ElementTree

import pytest
from repertory.actors import ActorSystem

from .conftest import ORDERS, Run

LOG = """\
case,activity,timestamp,amount
c1,Pay the order,2024-01-01T10:00:00,30
c2,Pay the order,2024-01-01T11:00:00,10
c1,Ship it,2024-01-02T10:00:00,
c2,Wave,2024-01-02T11:00:00,
c3,Drop the parcel,2024-01-02T12:00:00,
c4,Pay the order,2024-01-02T13:00:00,31
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    path.write_text(LOG)
    return path


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return tmp_path / "replayed.db"


def rows_kept(store: Path) -> int:
    with ActorSystem(store, read_only=True) as system:
        return sum(record.sequence - 1 for record in system.list(limit=10_000))


def test_it_reports_ends_and_deviations(run: Run, log: Path, new: Path) -> None:
    report = run("replay", ORDERS, log, "--store", new, "--json").json
    assert {
        name: report[name] for name in ("rows", "sent", "earlier", "kept", "lost", "cases")
    } == {
        "rows": 6,
        "sent": 6,
        "earlier": 0,
        "kept": 6,
        "lost": 0,
        "cases": 4,
    }
    assert report["ends"] == [
        {"state": "basket", "finished": False, "cases": 2},
        {"state": "paid", "finished": False, "cases": 1},
        {"state": "shipped", "finished": True, "cases": 1},
    ]
    assert report["deviations"] == [
        {"activity": "Drop the parcel", "kind": "failed", "rows": 1, "cases": 1},
        {"activity": "Pay the order", "kind": "refused", "rows": 1, "cases": 1},
        {"activity": "Wave", "kind": "unknown", "rows": 1, "cases": 1},
    ]
    assert report["steps"] == 6 + 4
    assert report["seconds"] > 0 and report["chart"] > 0 and report["store"] > 0


def test_it_tells_people_the_same(run: Run, log: Path, new: Path) -> None:
    ran = run("replay", ORDERS, log, "--store", new)
    assert (ran.code, ran.err) == (0, "")
    assert "6 rows, 4 cases; 6 rows sent now, 0 were in the store." in ran.out
    assert "shipped\tyes\t1" in ran.out
    assert "Wave\tunknown\t1\t1" in ran.out
    assert "events a second" in ran.out


def test_what_deviates_is_in_the_history_of_its_case(run: Run, log: Path, new: Path) -> None:
    run("replay", ORDERS, log, "--store", new)
    entries = run("history", "c2", "--store", new, "--json").json["entries"]
    assert [(e["kind"], e["event"], e["data"]) for e in entries[1:]] == [
        ("refused", "pay", {"amount": "10", "timestamp": "2024-01-01T11:00:00+00:00"}),
        ("refused", "Wave", {"amount": None, "timestamp": "2024-01-02T11:00:00+00:00"}),
    ]


def test_its_help_says_that_csv_columns_are_text(run: Run) -> None:
    assert "CSV log reach actions as text" in " ".join(run("replay", "--help").out.split())


def test_run_again_it_sends_nothing_and_reports_the_same(run: Run, log: Path, new: Path) -> None:
    command = ["replay", ORDERS, log, "--store", new, "--at-end", "ship", "--json"]
    first, again = run(*command).json, run(*command).json
    assert (again["sent"], again["earlier"], again["steps"]) == (0, 6, 0)
    for same in ("ends", "deviations", "kept", "cases"):
        assert again[same] == first[same]


def test_at_the_end_open_cases_get_an_event_and_a_refusal_is_no_deviation(
    run: Run, log: Path, new: Path
) -> None:
    report = run("replay", ORDERS, log, "--store", new, "--at-end", "ship", "--json").json
    assert {end["state"]: end["cases"] for end in report["ends"]} == {"shipped": 2, "basket": 2}
    assert all(row["activity"] != "Ship it" for row in report["deviations"])
    entries = run("history", "c2", "--store", new, "--json").json["entries"]
    assert [entry["event"] for entry in entries] == ["__created__", "pay", "Wave"]


def test_an_event_for_the_end_that_is_none_makes_no_store(run: Run, log: Path, new: Path) -> None:
    ran = run("replay", ORDERS, log, "--store", new, "--at-end", "shp")
    ran.failed_with("'shp'", "mean 'ship'?")
    assert not new.exists()


def test_the_diagram_has_the_counts(run: Run, log: Path, new: Path, tmp_path: Path) -> None:
    diagram = tmp_path / "orders.svg"
    report = run("replay", ORDERS, log, "--store", new, "--diagram", diagram, "--json").json
    assert report["diagram"] == str(diagram)
    assert ElementTree.fromstring(diagram.read_text(encoding="utf-8")).tag.endswith("svg")
    drawn = run("diagram", ORDERS, "--store", new, "--format", "svg").out
    assert diagram.read_text(encoding="utf-8").strip() == drawn.strip()


def test_a_diagram_that_cannot_be_written_stops_before_anything_is_sent(
    run: Run, log: Path, new: Path, tmp_path: Path
) -> None:
    for path in (tmp_path / "no" / "a.svg", tmp_path):
        run("replay", ORDERS, log, "--store", new, "--diagram", path).failed_with(str(path))
    assert not new.exists()


@pytest.mark.parametrize("activity", ["ship", "Wave", "drop"])
def test_a_log_of_which_nothing_takes_effect_fails_and_again_when_run_again(
    run: Run, new: Path, tmp_path: Path, activity: str
) -> None:
    path = tmp_path / "log.csv"
    path.write_text(
        f"case,activity,timestamp\nc1,{activity},2024-01-01\nc2,{activity},2024-01-01\n"
    )
    for _ in range(2):
        run("replay", ORDERS, path, "--store", new).failed_with("None of the 2 rows", "log.csv")
    with path.open("a") as rows:
        rows.write("c2,pay,2024-01-02\n")
    ran = run("replay", ORDERS, path, "--store", new, "--json")
    assert (ran.code, ran.err, ran.json["taken"]) == (0, "", 1)


def test_columns_may_have_other_names(run: Run, new: Path, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text('"who, exactly",what,when\nc1,pay,31.12.2023\n')
    named = "case=who, exactly,activity=what,timestamp=when,format=%d.%m.%Y"
    report = run("replay", ORDERS, path, "--store", new, "--columns", named, "--json").json
    assert report["ends"] == [{"state": "paid", "finished": False, "cases": 1}]
    entry = run("history", "c1", "--store", new, "--json").json["entries"][1]
    assert entry["data"] == {"timestamp": "2023-12-31T00:00:00+00:00"}


def test_a_log_may_have_no_times(run: Run, new: Path, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("case,activity\nc1,pay\n")
    assert run("replay", ORDERS, path, "--store", new).code == 1
    assert run("replay", ORDERS, path, "--store", new, "--columns", "timestamp=").code == 0


def test_rows_can_be_sent_in_the_order_of_their_times(run: Run, new: Path, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("case,activity,timestamp\nc1,ship,2024-01-02\nc1,pay,2024-01-01\n")
    report = run("replay", ORDERS, path, "--store", new, "--by-time", "--json").json
    assert report["ends"] == [{"state": "shipped", "finished": True, "cases": 1}]
    assert report["deviations"] == []


def test_columns_that_cannot_be_read_are_one_sentence(run: Run, log: Path, new: Path) -> None:
    ran = run("replay", ORDERS, log, "--store", new, "--columns", "who,what")
    ran.failed_with("--columns", "'who,what'")


def test_a_context_that_has_no_defaults_is_told_with_what_to_do(
    run: Run, log: Path, new: Path, tmp_path: Path
) -> None:
    definition = tmp_path / "crates.py"
    definition.write_text(
        "from repertory.actors import State, Workflow\n"
        "class Crate(Workflow):\n"
        "    packed = State(initial=True)\n"
        "    gone = State(final=True)\n"
        "    ship = packed.to(gone)\n"
        "    class Context:\n"
        "        weight: int\n"
    )
    ran = run("replay", definition, log, "--store", new)
    ran.failed_with("'c1'", "weight", "made of defaults", "every field of Crate.Context")


GOOD = b"case,activity,timestamp\nc1,pay,2024-01-01\n"
BAD_LOGS = {
    "missing column": (b"case,when\nc1,x\n", ["activity"], 0),
    "empty": (b"", ["empty"], 0),
    "only a head": (b"case,activity,timestamp\n", ["no events"], 0),
    "a row with too few fields": (GOOD + b"c1,ship\n", ["row 2", "--skip-broken"], 1),
    "a row without a case": (GOOD + b",ship,2024-01-01\n", ["row 2", "'case'"], 1),
    "a time that is none": (GOOD + b"c1,ship,noon\n", ["row 2", "noon"], 1),
    "another encoding": (GOOD + b"c1,caf\xe9,2024-01-01\n", ["row 2", "UTF-8"], 1),
    "cut-off gzip": (gzip.compress(GOOD * 1 + b"c2,pay,2024-01-01\n" * 9)[:-9], ["cut off"], None),
    "damaged XML": (b"<log><trace><event></trace></log>", ["XML"], 0),
}


@pytest.mark.parametrize("name", BAD_LOGS)
def test_a_log_that_is_not_right_is_one_sentence_and_what_came_before_is_kept(
    run: Run, new: Path, tmp_path: Path, name: str
) -> None:
    content, parts, kept = BAD_LOGS[name]
    path = tmp_path / "bad.log"
    path.write_bytes(content)
    run("replay", ORDERS, path, "--store", new).failed_with("bad.log", *parts)
    if kept == 0:
        assert not new.exists()
    elif kept is not None:
        assert rows_kept(new) == kept


def test_broken_rows_can_be_left_out_and_are_counted_and_named(
    run: Run, new: Path, tmp_path: Path
) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(GOOD + b"c1\n" * 12 + b"c1,ship,2024-01-02\n")
    ran = run("replay", ORDERS, path, "--store", new, "--skip-broken", "--json")
    assert ran.code == 0
    assert (ran.json["rows"], ran.json["broken"]) == (2, 12)
    assert ran.json["ends"] == [{"state": "shipped", "finished": True, "cases": 1}]
    assert "row 2" in ran.err and "2 more" in ran.err


def test_a_log_that_is_not_there_makes_no_store(run: Run, new: Path, tmp_path: Path) -> None:
    run("replay", ORDERS, tmp_path / "no.csv", "--store", new).failed_with("no.csv")
    assert not new.exists()


def test_a_store_that_has_something_else_under_a_case_is_left_as_it_is(
    run: Run, new: Path, log: Path
) -> None:
    from repertory.actors import Lifecycle

    with ActorSystem(new) as system:
        system.start(Lifecycle, id="c2")
    run("replay", ORDERS, log, "--store", new).failed_with("'c2'", "Lifecycle", "another store")
    assert run("show", "c2", "--store", new, "--json").json["workflow"]["sequence"] == 1


def test_ctrl_c_ends_it_between_two_rows_and_it_goes_on_the_next_time(
    run_process: Run, new: Path, tmp_path: Path
) -> None:
    path = tmp_path / "log.csv"
    # More rows than are read ahead and in flight, so that the signal comes in the middle.
    rows = [f"c{n},{'interrupt' if n == 300 else 'pay'},2024-01-01" for n in range(2500)]
    path.write_text("\n".join(["case,activity,timestamp", *rows]))
    ran = run_process("replay", ORDERS, path, "--store", new)
    ran.failed_with("Interrupted", code=130)
    kept = rows_kept(new)
    assert 300 < kept < 2500
    report = run_process("replay", ORDERS, path, "--store", new, "--json").json
    assert (report["earlier"], report["kept"]) == (kept, 2500)
