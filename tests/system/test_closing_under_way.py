"""What is on its way when a system is closed is for the next one: none lost, nobody waiting."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

from repertory.actors import ActorSystem, State, Workflow

LONG = 30.0
MANY, EACH = 300, 10  # more than one receiver is given at once
ROUNDS = 30


class Relay(Workflow):
    workflow_name = "closing-relay"
    here, gone = State(initial=True), State(final=True)
    send_some = here.to.itself(internal=True)
    note = here.to.itself(internal=True)
    end = here.to(gone)

    class Context:
        noted: list[int] = []

    def on_send_some(self, first: int) -> None:
        for n in range(first, first + EACH):
            self.tell("receiver", "note", n=n)

    def on_note(self, n: int) -> None:
        self.context.noted.append(n)


class Parent(Workflow):
    workflow_name = "closing-parent"
    here, waiting, gone = State(initial=True), State(), State(final=True)
    make = here.to(waiting)
    ended = waiting.to(gone)

    def on_make(self) -> None:
        self.tell(self.start_child(Relay, name="kid", done="ended"), "end")


def test_a_system_that_has_more_to_deliver_than_is_taken_comes_to_its_end(tmp_path: Path) -> None:
    # When the receiver leaves is a matter of chance: one in twenty found the writer going round.
    for n in range(ROUNDS):
        path = tmp_path / f"store-{n}.db"
        system = ActorSystem(path, synchronous="OFF").open()
        for id in ("receiver", "sender"):
            system.start(Relay, id=id)
        for first in range(0, MANY, EACH):
            system.get("sender").tell("send_some", first=first)
        if n % 2:
            system.get("receiver").ask("note", n=MANY)
        closing = Thread(target=system.close, daemon=True)
        closing.start()
        closing.join(LONG)
        assert not closing.is_alive()
        with ActorSystem(path, synchronous="OFF") as system:
            system.settle()
            noted = system.get("receiver").context.noted
            assert [one for one in noted if one != MANY] == [*range(MANY)]


def test_what_a_child_is_sent_waits_for_it_also_when_it_is_not_begun_any_more(
    tmp_path: Path,
) -> None:
    for n in range(10):
        path = tmp_path / f"store-{n}.db"
        with ActorSystem(path, synchronous="OFF") as system:
            system.start(Parent, id="p").tell("make")
        with ActorSystem(path, synchronous="OFF") as system:
            system.settle()
            assert system.messages(dead=True) == []
            assert system.get("p").state == "gone"
