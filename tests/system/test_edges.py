"""Corners that were found wanting once, each by somebody who stood in it."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
from repertory.actors import ActorSystem, State, Workflow
from repertory.actors.errors import (
    BadDefinition,
    ContextInvalid,
    HandlerFailed,
    InvalidTransition,
    SerializationFailed,
    StoreError,
    UnknownState,
    VersionMismatch,
    WorkflowExists,
    WorkflowNotFound,
)
from repertory.actors.events import EventFailed
from repertory.actors.runtime import ManualClock

from .charts import Order, Tally
from .faulty import FaultyStore
from .test_messages import Teller
from .test_workflows import Hear, define, two_states


class Keeper(Workflow):
    here = State(initial=True)
    keep = here.to.itself(internal=True)
    touch = here.to.itself(internal=True)
    later = here.to.itself(internal=True)
    call = here.to.itself(internal=True)

    def on_keep(self, items: list[int]) -> None:
        self.context["items"] = items

    def on_touch(self) -> None:
        self.context["touched"] = True

    def on_later(self) -> None:
        self.send("touch", delay=60_000)

    def on_call(self, system: str, other: str) -> None:
        SYSTEMS[system].get(other).ask("call", system=system, other=self.workflow_id)


SYSTEMS: dict[str, ActorSystem] = {}


def test_what_was_sent_is_not_changed_by_its_sender_afterwards(system: ActorSystem) -> None:
    keeper = system.start(Keeper)
    items = [1]
    keeper.ask("keep", items=items)
    items.append(2)
    keeper.ask("touch")
    assert keeper.context == {"items": [1], "touched": True}


def test_two_workflows_that_ask_each_other_get_an_error_that_names_the_ring(
    system: ActorSystem,
) -> None:
    SYSTEMS["ring"] = system
    one, _ = system.start(Keeper, id="one"), system.start(Keeper, id="two")
    with pytest.raises(HandlerFailed, match="waits for"):
        one.ask("call", system="ring", other="two", timeout=60)
    assert one.ask("touch") is None


def test_handlers_of_a_start_that_failed_are_forgotten(system: ActorSystem) -> None:
    hear = Hear()
    with pytest.raises(HandlerFailed):
        system.start(Tally, id="t", handlers=[Hear(fail_on="open")])
    system.start(Tally, id="t", handlers=[hear])
    with pytest.raises(WorkflowExists):
        system.start(Tally, id="t", handlers=[Hear(fail_on="add")])
    system.get("t").ask("add", n=1)
    assert ("event", "open", "add") in hear.heard


def test_a_read_only_system_refuses_before_anything_runs(file: Path) -> None:
    ran: list[str] = []

    class Noting(Hear):
        def on_event(self, state: str, event: str) -> None:
            ran.append(event)

    with ActorSystem(file) as system:
        system.start(Tally, id="t").ask("add", n=1)
    with ActorSystem(file, read_only=True, handlers=[Noting()]) as looking:
        tally = looking.get("t")
        with ActorSystem(file) as running:
            for attempt in (
                lambda: tally.ask("add", n=1),
                lambda: tally.tell("add", n=1),
                lambda: tally.rollback(),
                lambda: tally.fork(id="u"),
                lambda: looking.start(Tally, id="v"),
                lambda: looking.remove("t"),
                lambda: looking.import_(looking.export("t")),
            ):
                with pytest.raises(StoreError, match="read-only"):
                    attempt()
            assert (ran, tally.context.total) == ([], 1)
            running.get("t").ask("add", n=1)
            assert tally.context.total == 2
            assert [e.event for e in tally.history(last=1)] == ["add"]


def test_a_stored_context_that_no_longer_fits_is_named(file: Path) -> None:
    class Old:
        size: str = "large"

    class New:
        size: int

    old = define("Fitting", **two_states(), Context=Old)
    with ActorSystem(file) as system:
        system.start(old, id="f")
    define("Fitting", **two_states(), Context=New)
    with ActorSystem(file, on_changed_definition="ignore") as system:
        ref = system.get("f")
        for attempt in (lambda: ref.ask("go"), lambda: ref.context):
            with pytest.raises(VersionMismatch, match=r"'f' can't .* context does not fit"):
                attempt()
        assert isinstance(system.recover()["f"], VersionMismatch)


def test_an_empty_id_is_refused_wherever_one_is_given(system: ActorSystem) -> None:
    tally = system.start(Tally)
    for attempt in (lambda: system.start(Tally, id=""), lambda: tally.fork(id="")):
        with pytest.raises(ContextInvalid, match="can't be empty"):
            attempt()


def test_a_message_that_cannot_be_taken_is_reported_once(path: Path | None) -> None:
    store, clock = FaultyStore(), ManualClock()
    with ActorSystem(store=store, clock=clock) as system:
        heard: list[EventFailed] = []
        system.events.subscribe(heard.append, EventFailed)
        teller = system.start(Teller)
        system.start(Tally, id="t")
        store.break_for("t")
        for n in range(3):
            teller.ask("tell_all", to=["t"], n=[n])
        system.settle()
        assert {failed.workflow_id for failed in heard} == {"t"}
        store.mend()
        clock.advance(60)
        system.settle()
        assert system.get("t").context.seen == [0, 1, 2]


def test_the_log_says_who_sent_what_could_not_be_taken(
    system: ActorSystem, caplog: pytest.LogCaptureFixture
) -> None:
    teller = system.start(Teller, id="teller")
    order = system.start(Order, id="o", context={"total": 1})
    teller.ask("tell_all", to=["nobody", "o"], n=[1])
    system.settle()
    order.tell("nothing")
    system.settle()
    said = sorted(one.message for one in caplog.records if one.levelname == "WARNING")
    sent = "The message 'add' from workflow 'teller' (step 2) could not be taken: "
    assert said[0].startswith(f"{sent}There is no workflow 'nobody'; ")
    assert said[0].endswith("; it is among the dead messages: repertory messages --dead.")
    assert said[1:] == [
        f"{sent}Workflow 'o' has no event 'add'; order takes pay, ship, spoil.",
        "Workflow 'o' has no event 'nothing'; order takes pay, ship, spoil.",
    ]


def test_a_refused_tell_is_reported_after_the_steps_before_it() -> None:
    store = FaultyStore()
    with ActorSystem(store=store) as system:
        heard: list[EventFailed] = []
        system.events.subscribe(heard.append, EventFailed)
        order = system.start(Order, id="o", context={"total": 1})
        store.hold()
        order.tell("pay", amount=1)
        order.tell("pay", amount=1)
        assert heard == []
        store.release()
        system.settle()
        assert ["can't take event 'pay' in 'paid'" in str(f.error) for f in heard] == [True]


def test_a_fork_is_heard_of(path: Path | None) -> None:
    heard: list[tuple[str, str]] = []
    with ActorSystem(path) as system:
        tally = system.start(Tally, id="t")
        system.subscribe(lambda c: heard.append((c.position.record.id, c.entry.event)))
        tally.fork(id="u")
    assert heard == [("u", "__forked__")]


@pytest.mark.parametrize("name", ["states", "events", "model", "configuration"])
def test_a_name_that_hides_the_charts_own_is_a_bad_definition(name: str) -> None:
    body: dict[str, Any] = two_states()
    body[name] = body["a"].to(body["b"])
    with pytest.raises(BadDefinition, match=f"'{name}' would hide"):
        define("Hiding", **body)


def test_messages_that_were_under_way_are_delivered_by_the_next_system() -> None:
    store = FaultyStore()
    with ActorSystem(store=store, clock=ManualClock()) as system:
        teller = system.start(Teller)
        system.start(Tally, id="t")
        store.break_for("t")
        for n in range(20):
            teller.ask("tell_all", to=["t"], n=[n])
        system.settle()
        assert len(system.messages()) == 20
    store.mend()
    with ActorSystem(store=store) as system:
        system.settle()
        assert system.get("t").context.seen == list(range(20))
        assert system.messages() == []


@pytest.mark.parametrize("given", [7, b"t", ("t",)])
def test_ids_and_keys_are_text_and_nothing_else(system: ActorSystem, given: Any) -> None:
    tally = system.start(Tally, id="t")
    for attempt in (
        lambda: system.start(Tally, id=given),
        lambda: tally.fork(id=given),
        lambda: tally.ask("add", n=1, key=given),
        lambda: tally.tell("add", n=1, key=given),
        lambda: tally.rollback(to=1, key=given),
        lambda: system.get(given).ask("add", n=1),
    ):
        with pytest.raises((TypeError, WorkflowNotFound)):
            attempt()
    assert tally.ask("add", n=1) == 1
    assert system.verify() == []


def test_a_message_to_what_is_no_id_fails_where_it_is_sent(system: ActorSystem) -> None:
    with pytest.raises(HandlerFailed, match="is text, not 7"):
        system.start(Teller).ask("tell_all", to=[7], n=[1])


@pytest.mark.parametrize("given", [Tally(), "Tally", int])
def test_what_is_no_class_of_workflows_is_refused(system: ActorSystem, given: Any) -> None:
    with pytest.raises(TypeError, match="no class of workflows"):
        system.start(given)
    assert system.start(Tally).state == "open"


def test_data_that_is_no_mapping_is_refused(system: ActorSystem) -> None:
    tally = system.start(Tally)
    with pytest.raises(TypeError, match="mapping of names to values, not 5"):
        tally.ask("add", 5)  # type: ignore[call-overload]


def test_what_would_never_be_called_is_no_handler(system: ActorSystem) -> None:
    class Typo:
        def on_trnasition(self, source: str, target: str, event: str) -> None: ...

    for wrong in ([Typo()], [Hear], [lambda x: x], 3):
        with pytest.raises(TypeError):
            system.start(Tally, handlers=wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            ActorSystem(handlers=wrong)  # type: ignore[arg-type]
    with pytest.raises(BadDefinition, match="class"):
        define("Handled", **two_states(), handlers=[Hear])


def test_waiting_for_a_state_that_does_not_exist_is_an_error(system: ActorSystem) -> None:
    order = system.start(Order, id="o", context={"total": 1})
    for state in ("piad", Tally.open):
        with pytest.raises(UnknownState, match="'o' will never be in"):
            order.wait_for(state)


@pytest.mark.parametrize("name", ["on_enter_c", "on_exit_bb", "on_goo", "after_goo"])
def test_a_callback_that_nothing_would_call_is_a_bad_definition(name: str) -> None:
    body: dict[str, Any] = {**two_states(), name: lambda self: None}
    with pytest.raises(BadDefinition, match=f"{name}\\(\\) of Misspelt is never called"):
        define("Misspelt", **body)
    body = {**two_states(), "on_enter_state": lambda self: None, "on_hand": lambda self: True}
    define("WellSpelt", **body)


def test_classes_of_one_name_in_two_modules_are_each_called_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        "from repertory.actors import State, Workflow\n"
        "class Job(Workflow):\n"
        "    workflow_name = {name!r}\n"
        "    a, b = State(initial=True), State(final=True)\n"
        "    go = a.to(b, cond='ok')\n"
        "    {kind} ok(self): return {ok}\n"
        "    {kind} on_enter_b(self): self.context['in'] = {name!r}\n"
    )
    (tmp_path / "first_job.py").write_text(text.format(name="first", kind="def", ok=True))
    second = text.format(name="second", kind="async def", ok="len(self.context) == 0")
    (tmp_path / "second_job.py").write_text(second)
    monkeypatch.syspath_prepend(tmp_path)
    modules = [importlib.import_module(name) for name in ("first_job", "second_job")]
    with ActorSystem() as system:
        for module, name in zip(modules, ("first", "second"), strict=True):
            job = system.start(module.Job)
            job.ask("go")
            assert job.context == {"in": name}


def test_a_refused_event_leaves_no_handler_calls_to_the_next_step(system: ActorSystem) -> None:
    order = system.start(Order, context={"total": 1}, handlers=[Hear()])
    with pytest.raises(InvalidTransition):
        order.ask("ship")
    order.ask("pay", amount=1)
    assert [call.hook for call in order.history(last=1)[0].handlers] == [
        "on_exit",
        "on_transition",
        "on_enter",
    ]


def test_a_field_that_the_context_does_not_have_is_a_bad_definition() -> None:
    with pytest.raises(BadDefinition, match=r"line \d+: on_go\(\) uses self.context.totl") as info:

        class Wrong(Workflow):
            a, b = State(initial=True), State(final=True)
            go = a.to(b)

            class Context:
                total: int = 0

                def double(self) -> int:
                    return 2 * self.total

            def on_go(self) -> None:
                self.context.total = self.context.double()
                self.context.totl += 1

    assert "did you mean 'total'?" in str(info.value)


def test_names_that_cannot_be_written_are_refused_where_they_are_given(
    system: ActorSystem,
) -> None:
    class Surrogate(Workflow):
        here = State(initial=True)
        go = here.to.itself(internal=True)

        def on_go(self) -> None:
            self.tell("\udcff", "add")

    tally = system.start(Tally, id="t")
    sender = system.start(Surrogate)
    for attempt in (
        lambda: system.start(Tally, id="\ud800"),
        lambda: tally.ask("add", n=1, key="\ud800"),
        lambda: sender.ask("go"),
    ):
        with pytest.raises(SerializationFailed, match="UTF-8"):
            attempt()
    assert tally.ask("add", n=1) == 1
    assert [entry.kind for entry in sender.history()] == ["created", "failed"]


def test_an_internal_transition_of_a_compound_state_to_itself_leaves_all_as_it_is(
    system: ActorSystem,
) -> None:
    class Box(Workflow):
        class outer(State.Compound, initial=True):
            first, second = State(initial=True), State()
            go = first.to(second) | second.to(first)

        note = outer.to.itself(internal=True)

        def on_note(self) -> str:
            return "noted"

    box = system.start(Box)
    box.ask("go")
    assert box.ask("note") == "noted"
    assert box.snapshot().configuration == ("outer", "second")
