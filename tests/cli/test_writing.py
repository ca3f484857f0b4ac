"""Commands that change a store."""

from __future__ import annotations

from pathlib import Path

import pytest
from repertory.actors import ActorSystem

from .conftest import ORDERS, Run


def steps(store: Path) -> dict[str, int]:
    with ActorSystem(store, read_only=True) as system:
        return {record.id: record.sequence for record in system.list()}


def test_send_moves_a_workflow_and_says_what_its_action_answered(run: Run, store: Path) -> None:
    ran = run(
        "send",
        "order-1",
        "pay",
        "-d",
        ORDERS,
        "--store",
        store,
        "--data",
        '{"amount": 50}',
        "--json",
    )
    assert ran.code == 0
    assert ran.json["result"] == "received 50"
    assert ran.json["workflow"]["configuration"] == ["paid"]
    assert run("show", "order-1", "--store", store, "--json").json["context"]["received"] == 50


def test_send_tells_people_where_the_workflow_went(run: Run, store: Path) -> None:
    ran = run("send", "order-2", "ship", "-d", f"{ORDERS}:Order", "--store", store)
    assert (ran.code, ran.out) == (0, "order-2: paid -> shipped, step 3\n")


def test_an_event_sent_again_with_its_key_takes_effect_once(run: Run, store: Path) -> None:
    command = ["send", "order-1", "pay", "-d", ORDERS, "--store", store, "--key", "k", "--json"]
    first, second = run(*command), run(*command)
    assert (first.code, second.code) == (0, 0)
    assert second.json == first.json
    assert steps(store)["order-1"] == 3


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["order-9", "pay"], ["'order-9'"]),
        (["order-1", "ship"], ["'ship'", "'basket'"]),
        (["order-3", "pay"], ["finished", "'shipped'"]),
        (["order-1", "pya"], ["'pya'", "mean 'pay'?"]),
        (["order-1", "xyzzy"], ["'xyzzy'", "drop", "ship"]),
        (["order-1", "pay", "--data", "{amount: 3}"], ["--data", "JSON"]),
        (["order-1", "pay", "--data", "[" * 50_000], ["--data", "JSON"]),
        (["order-1", "pay", "--data", "[1]"], ["--data", "object"]),
        (["order-1", "pay", "--data", '{"amount": NaN}'], ["amount"]),
        (["order-1", "pay", "--key", "\udcff"], ["surrogate"]),
        (["order-1", "pay", "--data", '{"event": 1}'], ["'event'"]),
        (["order-1", "pay", "--data", '{"amount": 5}'], ["'pay'", "'basket'"]),
    ],
)
def test_what_cannot_be_sent_is_one_sentence_and_changes_nothing(
    run: Run, store: Path, arguments: list[str], parts: list[str]
) -> None:
    before = steps(store)
    run("send", *arguments, "-d", ORDERS, "--store", store).failed_with(*parts)
    assert steps(store) == before


def test_a_number_of_any_length_goes_in_and_comes_out_whole(run: Run, store: Path) -> None:
    data = '{"amount": 123456789012345678901234}'
    assert run("send", "order-1", "pay", "-d", ORDERS, "--store", store, "--data", data).code == 0
    entry = run("history", "order-1", "--store", store, "--json").json["entries"][-1]
    assert entry["data"] == {"amount": 123456789012345678901234}


def test_a_failing_action_is_one_sentence_and_is_in_the_history(run: Run, store: Path) -> None:
    ran = run("send", "order-1", "drop", "-d", ORDERS, "--store", store)
    ran.failed_with("'drop'", "undone", "OSError", r"the van is\nstuck")
    entry = run("history", "order-1", "--store", store, "--json").json["entries"][-1]
    assert (entry["kind"], entry["event"], entry["target"]) == ("failed", "drop", ["basket"])


def test_a_definition_of_another_class_is_refused(run: Run, store: Path) -> None:
    ran = run("send", "order-1", "start", "-d", "repertory.actors:Lifecycle", "--store", store)
    ran.failed_with("'order-1'", "a Order", "Lifecycle")


@pytest.mark.parametrize(
    "command",
    [
        ["send", "order-1", "pay", "-d", ORDERS],
        ["rollback", "order-1", "-d", ORDERS],
        ["remove", "order-1"],
    ],
)
def test_a_command_for_what_is_in_a_store_makes_none(
    run: Run, tmp_path: Path, command: list[str]
) -> None:
    missing = tmp_path / "none.db"
    run(*command, "--store", missing).failed_with("none.db")
    assert list(tmp_path.iterdir()) == []


def test_rollback_goes_back_a_step_or_to_a_given_one(run: Run, store: Path) -> None:
    back = run("rollback", "order-3", "-d", ORDERS, "--store", store)
    assert (back.code, back.out) == (0, "order-3: shipped -> paid, step 4\n")
    back = run("rollback", "order-3", "--to", 1, "-d", ORDERS, "--store", store, "--json")
    assert back.json["workflow"]["configuration"] == ["basket"]


def test_rollback_to_a_step_that_never_was_is_one_sentence(run: Run, store: Path) -> None:
    ran = run("rollback", "order-3", "--to", 9, "-d", ORDERS, "--store", store)
    ran.failed_with("'order-3'", "no step 9")


def test_an_exported_workflow_comes_back_equal_to_the_byte(
    run: Run, store: Path, tmp_path: Path
) -> None:
    document, again = tmp_path / "order.json", tmp_path / "again.json"
    assert run("export", "order-3", "--store", store, "-o", document).code == 0
    other = tmp_path / "other.db"
    assert "order-3" in run("import", document, "--store", other).out
    assert run("export", "order-3", "--store", other, "-o", again).code == 0
    assert again.read_bytes() == document.read_bytes()
    assert run("export", "order-3", "--store", store).out.encode() == document.read_bytes()
    assert run("verify", "--store", other).code == 0


def test_a_workflow_is_not_imported_over_another_one(run: Run, store: Path, tmp_path: Path) -> None:
    document = tmp_path / "order.json"
    run("export", "order-3", "--store", store, "-o", document)
    run("import", document, "--store", store).failed_with(
        "order.json", "'order-3'", "orders.db", "`repertory remove`"
    )
    assert steps(store) == {"order-1": 2, "order-2": 2, "order-3": 3}


def test_a_removed_workflow_is_gone_and_can_be_imported_again(
    run: Run, store: Path, tmp_path: Path
) -> None:
    document = tmp_path / "order.json"
    run("export", "order-3", "--store", store, "-o", document)
    ran = run("remove", "order-3", "--store", store)
    assert (ran.code, ran.out) == (0, "order-3: removed, with 3 steps.\n")
    assert steps(store) == {"order-1": 2, "order-2": 2}
    run("remove", "order-3", "--store", store).failed_with("'order-3'")
    assert run("import", document, "--store", store).code == 0
    removed = run("remove", "order-3", "--store", store, "--json").json
    assert removed["workflow"]["configuration"] == ["shipped"]
    assert run("verify", "--store", store).code == 0


@pytest.mark.parametrize("content", [b"", b"{}", b"no json", b"\xff\xfe\x00", b"[1, 2"])
def test_what_is_no_exported_workflow_is_one_sentence(
    run: Run, store: Path, tmp_path: Path, content: bytes
) -> None:
    document = tmp_path / "order.json"
    document.write_bytes(content)
    run("import", document, "--store", store).failed_with("order.json: ")
    assert len(steps(store)) == 3


def test_a_document_that_is_not_there_is_one_sentence(run: Run, tmp_path: Path) -> None:
    run("import", tmp_path / "no.json", "--store", tmp_path / "x.db").failed_with("no.json")


def test_an_export_to_where_nothing_can_be_written_is_one_sentence(run: Run, store: Path) -> None:
    ran = run("export", "order-1", "--store", store, "--output", store / "order.json")
    ran.failed_with("order.json", "can't be written")
