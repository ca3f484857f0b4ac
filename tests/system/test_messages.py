"""Messages from workflow to workflow: they leave with the step, and take effect exactly once."""

from __future__ import annotations

from pathlib import Path

import pytest
from repertory.actors import ActorSystem, State, Workflow
from repertory.actors.errors import HandlerFailed
from repertory.actors.runtime import ManualClock

from .charts import Order, Tally
from .faulty import FaultyStore


class Teller(Workflow):
    """Tells others what it is told to."""

    here = State(initial=True)
    gone = State(final=True)
    tell_all = here.to.itself(internal=True)
    fail = here.to.itself(internal=True)
    echo = here.to.itself(internal=True)
    leave = here.to(gone)

    def on_enter_here(self) -> None:
        if self.context.get("greet"):
            self.tell(self.context["greet"], Tally.add, n=1000)

    def on_tell_all(self, to: list[str], n: list[int]) -> None:
        for number in n:
            for receiver in to:
                self.tell(receiver, Tally.add, n=number)

    def on_fail(self, to: str) -> None:
        self.tell(to, "add", n=1)
        raise ValueError("not sent")

    def on_echo(self, to: str, times: int) -> None:
        self.context["echoes"] = self.context.get("echoes", 0) + 1
        if times:
            self.tell(to, "echo", to=self.workflow_id, times=times - 1)


def test_a_message_arrives_and_both_histories_tell_of_it(system: ActorSystem) -> None:
    teller, tally = system.start(Teller, id="a"), system.start(Tally, id="t")
    teller.ask("tell_all", to=["t"], n=[1, 2, 3])
    assert tally.wait_for(lambda s: s.context.total == 6, timeout=30).context.seen == [1, 2, 3]
    assert teller.history(last=1)[0].sent == (("t", "add"),) * 3
    assert [e.sender for e in tally.history()] == [None] + [("a", 2)] * 3
    assert tally.history(last=1)[0].data == {"n": 3}
    system.settle()
    assert system.messages() == []


def test_messages_of_one_sender_arrive_in_their_order(system: ActorSystem) -> None:
    tellers = [system.start(Teller, id=f"a{n}") for n in range(5)]
    tally = system.start(Tally, id="t")
    for n in range(20):
        for number, teller in enumerate(tellers):
            teller.tell("tell_all", to=["t"], n=[1000 * number + n])
    seen = tally.wait_for(lambda s: len(s.context.seen) == 100, timeout=30).context.seen
    for number in range(5):
        assert [n % 1000 for n in seen if n // 1000 == number] == list(range(20))


def test_workflows_can_play_ping_pong_and_talk_to_themselves(system: ActorSystem) -> None:
    one, other = system.start(Teller, id="a"), system.start(Teller, id="b")
    one.ask("echo", to="b", times=20)
    assert one.wait_for(lambda s: s.context.get("echoes") == 11, timeout=30)
    assert other.context["echoes"] == 10
    alone = system.start(Teller, id="c")
    alone.ask("echo", to="c", times=5)
    assert alone.wait_for(lambda s: s.context.get("echoes") == 6, timeout=30)


def test_a_creation_can_send(system: ActorSystem) -> None:
    tally = system.start(Tally, id="t")
    system.start(Teller, context={"greet": "t"})
    assert tally.wait_for(lambda s: s.context.total == 1000, timeout=30)


def test_a_failed_step_sends_nothing(system: ActorSystem) -> None:
    teller, tally = system.start(Teller), system.start(Tally, id="t")
    with pytest.raises(HandlerFailed):
        teller.ask("fail", to="t")
    teller.ask("tell_all", to=["t"], n=[5])
    assert tally.wait_for(lambda s: s.context.total, timeout=30).context.seen == [5]


def test_a_message_that_is_refused_is_in_the_receivers_history(system: ActorSystem) -> None:
    teller, order = system.start(Teller, id="a"), system.start(Order, id="o", context={"total": 1})
    teller.ask("tell_all", to=["o"], n=[1])
    system.settle()
    refused = order.history(last=1)[0]
    assert (refused.kind, refused.event, refused.sender) == ("refused", "add", ("a", 2))
    assert system.messages() == []


def test_a_message_to_nobody_is_kept_apart(system: ActorSystem) -> None:
    teller = system.start(Teller, id="a")
    teller.ask("tell_all", to=["nobody"], n=[7])
    system.settle()
    system.settle()
    assert system.messages() == []
    (dead,) = system.messages(dead=True)
    assert (dead.sender, dead.receiver, dead.event, dead.data) == ("a", "nobody", "add", b'{"n":7}')
    assert dead.dead is not None and "'nobody'" in dead.dead


def test_going_back_in_time_sends_nothing_again(system: ActorSystem) -> None:
    teller, tally = system.start(Teller), system.start(Tally, id="t")
    teller.ask("tell_all", to=["t"], n=[5])
    teller.rollback()
    teller.fork(at=2)
    teller.ask("tell_all", to=["t"], n=[6])
    assert tally.wait_for(lambda s: s.context.total == 11, timeout=30)


def test_event_data_of_a_message_is_checked_when_it_is_sent(system: ActorSystem) -> None:
    class Wrong(Workflow):
        here = State(initial=True)
        go = here.to.itself(internal=True)

        def on_go(self, what: str) -> None:
            self.tell("x", "e", {"state": 1} if what == "name" else {"n": object()})

    wrong = system.start(Wrong)
    for what, says in (("name", "'state'"), ("data", "object")):
        with pytest.raises(HandlerFailed, match=says):
            wrong.ask("go", what=what)


def test_what_was_on_its_way_is_delivered_by_the_next_system(file: Path) -> None:
    with ActorSystem(file) as system:
        teller = system.start(Teller, id="a")
        for n in range(50):
            teller.tell("tell_all", to=["t"], n=[n])
        system.settle()
        # The receiver is made last, so that what was sent before is lying there, dead.
    with ActorSystem(file) as system:
        assert len(system.messages(dead=True)) == 50


def test_messages_wait_for_a_disk_that_fails_and_keep_their_order() -> None:
    store, clock = FaultyStore(), ManualClock()
    with ActorSystem(store=store, clock=clock) as system:
        teller, tally = system.start(Teller, id="a"), system.start(Tally, id="t")
        store.break_for("t")
        for n in range(10):
            teller.ask("tell_all", to=["t"], n=[n])
        system.settle()
        assert tally.context.seen == []
        assert len(system.messages()) == 10
        clock.advance(0.2)
        system.settle()
        assert tally.context.seen == []
        store.mend()
        for n in range(10, 13):
            teller.ask("tell_all", to=["t"], n=[n])
        clock.advance(60)
        seen = tally.wait_for(lambda s: len(s.context.seen) == 13, timeout=30)
        assert seen.context.seen == list(range(13))
    with ActorSystem(store=store) as system:
        assert system.verify() == [] and system.messages() == []
