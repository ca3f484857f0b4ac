"""What one command prints of a state, another takes; and an unknown name is told what there is."""

from __future__ import annotations

from pathlib import Path

import pytest
from repertory.actors import ActorSystem, State, Workflow

from .conftest import ORDERS, Run


class Delivery(Workflow):
    """Two things at the same time."""

    class under_way(State.Parallel):
        class van(State.Compound):
            loading = State(initial=True)
            driving = State(final=True)
            go = loading.to(driving)

        class papers(State.Compound):
            unsigned = State(initial=True)
            signed = State(final=True)
            sign = unsigned.to(signed)


@pytest.fixture
def deliveries(tmp_path: Path) -> Path:
    with ActorSystem(tmp_path / "deliveries.db") as system:
        ref = system.start(Delivery, id="d")
        ref.ask("go")
        assert ref.state == "driving+unsigned"
    return tmp_path / "deliveries.db"


def test_a_state_has_one_spelling_in_all_commands(run: Run, deliveries: Path) -> None:
    for command in (["list"], ["show", "d"], ["top"]):
        said = run(*command, "--store", deliveries).out
        assert "driving+unsigned" in said and "under_way" not in said
    history = run("history", "d", "--store", deliveries).out
    assert "\t-> loading+unsigned\t" in history and "\tloading -> driving\t" in history


@pytest.mark.parametrize(
    "state", ["driving+unsigned", "under_way+van+driving+papers+unsigned", "driving"]
)
def test_list_takes_what_is_printed_in_either_form(run: Run, deliveries: Path, state: str) -> None:
    assert "\td\t" in run("list", "--store", deliveries, "--state", state).out
    assert run("list", "--store", deliveries, "--state", f"{state}+loading").out == ""


def test_list_of_an_unknown_state_names_those_of_the_classes_in_the_store(
    run: Run, deliveries: Path
) -> None:
    said = run("list", "--store", deliveries, "--state", "zzz")
    said.failed_with("'driving'")
    assert "paused" not in said.err  # a state of the Lifecycle, which is imported


def test_a_line_that_is_no_event_is_told_what_there_is(run_process: Run, tmp_path: Path) -> None:
    said = run_process("run", f"{ORDERS}:Order", stdin="show\n")
    assert "There is no event 'show'; there are drop, interrupt, pay, ship." in said.err


def test_an_event_sent_again_is_said_to_be_answered_from_the_record(
    run: Run, tmp_path: Path
) -> None:
    store = tmp_path / "orders.db"
    from repertory.actors.cli.definition import load_definition

    with ActorSystem(store) as system:
        system.start(load_definition(f"{ORDERS}:Order"), id="o")
    send = ("send", "o", "pay", "-d", f"{ORDERS}:Order", "--store", store, "--key", "k")
    assert run(*send).out == 'o: basket -> paid, step 2; answer: "received 30"\n'
    assert run(*send).out == (
        "o: this key was taken before, in step 2, and is answered from the record; it is in paid, "
        'step 2; answer: "received 30"\n'
    )
