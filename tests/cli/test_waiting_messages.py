"""Messages that wait or are dead, and workflows that can't go on, from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from repertory.actors import ActorSystem, State, Workflow
from repertory.actors.cli.definition import load_definition

from .conftest import ORDERS, Run


class Notifier(Workflow):
    """Tells others to pay."""

    here = State(initial=True)
    remind = here.to.itself(internal=True)

    def on_remind(self, who: str) -> None:
        self.tell(who, "pay", amount=50)


@pytest.fixture
def letters(store: Path) -> Path:
    """A store with two messages to nobody."""
    with ActorSystem(store) as system:
        notifier = system.start(Notifier, id="n")
        notifier.ask("remind", who="order-8")
        notifier.ask("remind", who="order-9")
        system.settle()
    return store


def test_dead_messages_are_listed_with_the_reason(run: Run, letters: Path) -> None:
    assert run("messages", "--store", letters).err == "No message waits.\n"
    ran = run("messages", "--dead", "--store", letters, "--json")
    first, second = ran.json["messages"]
    assert (first["sender"], first["receiver"], first["event"]) == ("n", "order-8", "pay")
    assert first["data"] == '{"amount":50}' and "'order-8'" in first["dead"]
    ran = run("messages", "--dead", "--limit", 1, "--store", letters)
    assert ran.out.splitlines()[1].split("\t")[:5] == [
        str(first["number"]),
        "n",
        "2",
        "order-8",
        "pay",
    ]
    assert ran.err == f"There are more: --after {first['number']}\n"
    ran = run("messages", "--dead", "--to", "order-9", "--store", letters, "--json")
    assert [one["number"] for one in ran.json["messages"]] == [second["number"]]


def test_a_dead_message_is_dropped_or_resent(run: Run, letters: Path) -> None:
    first, second = run("messages", "--dead", "-s", letters, "--json").json["messages"]
    ran = run("messages", "--drop", first["number"], "-s", letters)
    assert (ran.code, ran.out) == (0, f"Message {first['number']} is deleted.\n")
    run("messages", "--drop", first["number"], "-s", letters).failed_with("has no dead message")
    order = load_definition(f"{ORDERS}:Order")
    with ActorSystem(letters) as system:
        system.start(order, id="order-9")
    ran = run("messages", "--resend", second["number"], "-s", letters)
    assert (ran.code, ran.out) == (0, f"Message {second['number']} is on its way again.\n")
    assert run("messages", "--dead", "-s", letters).err == "No message is dead.\n"
    with ActorSystem(letters) as system:
        system.settle()
        assert system.get("order-9").state == "paid"


def test_workflows_that_cannot_go_on_are_listed(run: Run, store: Path) -> None:
    ran = run("list", "--quarantined", "--store", store)
    assert (ran.code, ran.err) == (0, "Every workflow can be brought into memory.\n")
    content = store.read_bytes()
    marker = b'{"received":40}'
    assert content.count(marker) >= 1
    store.write_bytes(content.replace(marker, b'{"received":41}'))
    ran = run("list", "--quarantined", "--store", store)
    assert ran.out.splitlines()[1].startswith("order-2\tStoreDamaged\t")
    ran = run("list", "--quarantined", "-d", ORDERS, "--store", store, "--json")
    assert [one["id"] for one in ran.json["quarantined"]] == ["order-2"]
