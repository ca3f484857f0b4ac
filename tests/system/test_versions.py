"""Workflows that an older version of their class has stored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from repertory.actors import (
    ActorSystem,
    HistoryState,
    Retention,
    State,
    Stored,
    Workflow,
    WorkflowRef,
    migrates,
)
from repertory.actors.errors import (
    BadDefinition,
    InvalidTransition,
    MigrationFailed,
    StoreError,
    UnknownWorkflow,
    VersionMismatch,
)
from repertory.actors.runtime import ManualClock
from repertory.persistence.memory import MemoryStore

from .faulty import FaultyStore


def parcel_1() -> type[Workflow]:
    class Parcel(Workflow):
        __qualname__ = "Parcel"  # another edition of one and the same class
        packed = State(initial=True)
        sent = State()
        weigh = packed.to.itself(internal=True)
        post = packed.to(sent)
        bounce = sent.to(packed)

        class Context:
            grams: int = 0

        def on_weigh(self, grams: int) -> None:
            self.context.grams = grams

    return Parcel


def parcel_2() -> type[Workflow]:
    class Parcel(Workflow):
        __qualname__ = "Parcel"  # another edition of one and the same class
        version = 2
        ready = State(initial=True)
        sent = State()
        lost = State(final=True)
        weigh = ready.to.itself(internal=True)
        post = ready.to(sent)
        lose = sent.to(lost)

        class Context:
            kilos: float
            carrier: str = "DHL"

        def on_weigh(self, grams: int) -> None:
            self.context.kilos = grams / 1000

        @migrates(from_=1, to=2)
        @staticmethod
        def to_kilos(stored: Stored) -> Stored:
            stored.rename_state("packed", "ready")
            stored.context["kilos"] = stored.context.pop("grams") / 1000
            return stored

    return Parcel


def parcel_3() -> type[Workflow]:
    class Parcel(Workflow):
        __qualname__ = "Parcel"  # another edition of one and the same class
        version = 3
        ready = State(initial=True)

        class away(State.Compound):
            travelling = State(initial=True)
            arrived = State(final=True)
            arrive = travelling.to(arrived)

        weigh = ready.to.itself(internal=True)
        post = ready.to(away)
        bounce = away.to(ready)
        Context = parcel_2().Context

        @migrates(from_=1, to=2)
        def to_kilos(stored):  # a plain function will do
            stored.rename_state("packed", "ready")
            stored.context["kilos"] = stored.context.pop("grams") / 1000
            return stored

        @staticmethod
        @migrates(from_=2, to=3)
        def on_the_way(stored: Stored) -> Stored:
            if "sent" in stored.configuration:
                stored.configuration = ("travelling", "away")
            return stored

    return Parcel


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def reopen(path: Path | None, store: MemoryStore) -> Callable[..., ActorSystem]:
    """Opens systems on one and the same store, of each kind."""

    def make(**given: Any) -> ActorSystem:
        if path is None:
            return ActorSystem(store=store, **given)
        return ActorSystem(path, synchronous="OFF", **given)

    return make


Reopen = Callable[..., ActorSystem]


def old_parcels(system: ActorSystem) -> type[Workflow]:
    made = parcel_1()
    system.start(made, id="a").ask("weigh", grams=1500)
    system.start(made, id="b").ask("weigh", grams=20)
    system.get("b").ask("post")
    return made


def test_a_workflow_of_an_older_version_is_migrated_before_its_next_event(reopen: Reopen) -> None:
    with reopen() as system:
        old_parcels(system)
    made = parcel_2()
    with reopen() as system:
        parcel = system.get("a")
        parcel.ask("post")
        migrated, sent = parcel.history(last=2)
        assert (migrated.kind, migrated.event) == ("migrated", "__migrated__")
        assert migrated.data == {"from": 1, "to": 2}
        assert (migrated.source, migrated.target) == (("packed",), ("ready",))
        assert migrated.context == {"kilos": 1.5, "carrier": "DHL"}
        assert (sent.source, sent.target) == (("ready",), ("sent",))
        assert system.metadata("a").version == 2
        assert isinstance(parcel.context, made.Context) and parcel.context.kilos == 1.5
        assert system.verify() == []
    with reopen() as system:
        parcel = system.get("a")
        parcel.ask("lose")
        assert [e.kind for e in parcel.history()].count("migrated") == 1
        assert [e.sequence for e in parcel.history()] == [1, 2, 3, 4, 5]


def test_migrations_make_a_chain_and_one_step(reopen: Reopen) -> None:
    with reopen() as system:
        old_parcels(system)
    parcel_3()
    with reopen() as system:
        parcel = system.get("b")
        assert parcel.ask("arrive") is None
        assert parcel.history(last=2)[0].data == {"from": 1, "to": 3}
        assert parcel.history(last=2)[0].target == ("away", "travelling"), "in document order"
        assert parcel.context.kilos == 0.02
        assert system.verify() == []


def test_reading_shows_the_present_version_and_writes_nothing(reopen: Reopen) -> None:
    with reopen() as system:
        old_parcels(system)
    parcel_2()
    with reopen() as system:
        seen = system.get("a").snapshot()
        assert (seen.version, seen.state, seen.context.kilos) == (2, "ready", 1.5)
        assert system.get("a").wait_for("ready", timeout=5).sequence == 2
        assert system.metadata("a").version == 1
        assert [e.context for e in system.get("a").history()] == [{"grams": 0}, {"grams": 1500}]


def test_the_migration_is_durable_before_anything_else_is_taken() -> None:
    store = FaultyStore()
    with ActorSystem(store=store) as system:
        old_parcels(system)
    parcel_2()
    with ActorSystem(store=store) as system:
        store.broken = True
        with pytest.raises(StoreError, match="disk is full"):
            system.get("a").ask("post")
        assert system.metadata("a").version == 1
        store.broken = False
        store.batches.clear()
        system.get("a").ask("post")
        assert store.batches == [1, 1], "the migration alone, then the event"
        assert system.metadata("a").version == 2


def test_a_version_with_no_way_to_the_present_is_left_as_it_is(reopen: Reopen) -> None:
    with reopen() as system:
        old_parcels(system)

    class Parcel(Workflow):
        __qualname__ = "Parcel"  # another edition of one and the same class
        version = 3
        ready = State(initial=True)
        sent = State(final=True)
        post = ready.to(sent)

        @migrates(from_=1, to=2)
        @staticmethod
        def half_way(stored: Stored) -> Stored:
            return stored

    with reopen() as system:
        for reach in (
            lambda: system.get("a").ask("post"),
            lambda: system.get("a").rollback(),
            lambda: system.get("a").fork(),
            lambda: system.get("a").fork(at=1),
        ):
            with pytest.raises(VersionMismatch, match="leads from version 2") as info:
                reach()
            assert (info.value.stored, info.value.current) == (1, 3)
        assert system.metadata("a").sequence == 2
        assert len(system.get("a").history()) == 2
        seen = system.get("a").snapshot()
        assert (seen.version, seen.state, seen.context) == (1, "packed", {"grams": 1500})


def test_a_newer_version_than_the_class_is_left_as_it_is(reopen: Reopen) -> None:
    made = parcel_2()
    with reopen() as system:
        system.start(made, id="p", context={"kilos": 1})
    parcel_1()
    with reopen() as system:
        with pytest.raises(VersionMismatch, match="which is older"):
            system.get("p").ask("post")
        assert not system.migrate().migrated
        assert system.metadata("p").version == 2


def wrong_parcel(change: Callable[[Stored], Any]) -> type[Workflow]:
    class Parcel(Workflow):
        __qualname__ = "Parcel"  # another edition of one and the same class
        version = 2

        class both(State.Parallel, initial=True):
            class left(State.Compound):
                one = State(initial=True)
                two = State()
                flip = one.to(two) | two.to(one)

            class right(State.Compound):
                three = State(initial=True)
                four = State()
                flop = three.to(four) | four.to(three)

            memory = HistoryState(type="deep")

        gone = State()
        go = both.to(gone)
        back = gone.to(both.memory)

        class Context:
            grams: int

        wrong = migrates(from_=1, to=2)(change)

    return Parcel


def stand(*states: str, **history: tuple[str, ...]) -> Callable[[Stored], Stored]:
    return lambda stored: Stored(states, history, stored.context)


def know(**context: Any) -> Callable[[Stored], Stored]:
    return lambda stored: Stored(("gone",), {}, context)


def fail(stored: Stored) -> Stored:
    raise LookupError("no such luck")


def forget(stored: Stored) -> None:
    stored.configuration = ("gone",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (stand("packed"), "there is no state 'packed'"),
        (stand("both", "left", "one"), "state 'both' is active, and its region 'right' is not"),
        (stand("both", "left", "right", "one"), "one state within 'right' must be active"),
        (stand("gone", "one"), "'one' is active, and 'left' around it is not"),
        (stand("both", "left", "right", "one", "two", "three"), "not 'one' and 'two'"),
        (stand("gone", "gone"), "named twice"),
        (stand(), "one state at the top must be active, not none"),
        (stand("gone", shallow=("one",)), "no history state 'shallow'"),
        (stand("gone", memory=("one", "five")), "recorded 'five'"),
        (know(), "grams: this field is required"),
        (know(grams="heavy"), "grams: "),
        (know(grams=1, gram=2), "gram: .*did you mean 'grams'"),
        (lambda stored: Stored(None, {}, {"grams": 1}), "no proper states"),  # type: ignore[arg-type]  # on purpose
        (forget, "must return a Stored"),
        (fail, "LookupError in fail: no such luck"),
    ],
)
def test_a_migration_that_gives_what_does_not_fit_names_it_and_changes_nothing(
    reopen: Reopen, change: Callable[[Stored], Any], message: str
) -> None:
    with reopen() as system:
        old_parcels(system)
    wrong_parcel(change)
    with reopen() as system:
        for reach in (lambda: system.get("a").ask("go"), lambda: system.get("a").snapshot()):
            with pytest.raises(MigrationFailed, match=message) as info:
                reach()
            assert (info.value.stored, info.value.current) == (1, 2)
        assert system.metadata("a").sequence == 2
        assert system.metadata("a").version == 1


def test_history_states_are_migrated_too(reopen: Reopen) -> None:
    with reopen() as system:
        old_parcels(system)
    wrong_parcel(stand("gone", memory=("two", "three")))
    with reopen() as system:
        system.get("a").ask("back")
        assert system.get("a").snapshot().leaves == ("two", "three")
        assert system.verify() == []


def test_all_are_migrated_at_once_after_a_dry_run(reopen: Reopen) -> None:
    with reopen() as system:
        made = old_parcels(system)
        for n in range(300):
            system.start(made, id=f"p{n}")
        for id in ("a", "p7"):
            system.stop(id)
    parcel_2()

    def other_2() -> type[Workflow]:
        class Other(Workflow):
            version = 2
            on = State(initial=True)
            off = State(final=True)
            flip = on.to(off)

        return Other

    with reopen() as system:
        system.start(other_2(), id="other")
        tried = system.migrate(dry_run=True)
        assert tried.dry_run and len(tried.migrated) == 302 and tried.failed == ()
        assert system.metadata("p7").version == 1
        done = system.migrate("Parcel")
        assert [one.workflow_id for one in done.workflows] == [
            one.workflow_id for one in tried.workflows
        ]
        assert {(one.stored, one.current, one.error) for one in done.workflows} == {(1, 2, None)}
        assert {record.version for record in system.list(limit=1000)} == {2}
        assert len(system._services.activations) == 1, "none stays in memory for it"
        assert system.migrate().workflows == ()
        assert system.verify() == []


def test_the_report_names_what_could_not_be_migrated(reopen: Reopen) -> None:
    def one_class() -> type[Workflow]:
        class Unclear(Workflow):
            on = State(initial=True)
            off = State(final=True)
            flip = on.to(off)

        return Unclear

    def another_class() -> type[Workflow]:
        class Unclear(Workflow):
            on = State(initial=True)
            off = State(final=True)
            flip = on.to(off)

        return Unclear

    with reopen() as system:
        old_parcels(system)
        system.start(one_class(), id="u")
    another_class()

    def only_light(stored: Stored) -> Stored:
        if stored.context["grams"] > 100:
            raise ValueError("too heavy")
        return Stored(("gone",), {}, stored.context)

    wrong_parcel(only_light)
    with reopen() as system:
        for report in (system.migrate(dry_run=True), system.migrate()):
            a, b, u = report.workflows
            assert isinstance(a.error, MigrationFailed) and "too heavy" in str(a.error)
            assert b.error is None and (b.type, b.stored, b.current) == ("Parcel", 1, 2)
            assert isinstance(u.error, UnknownWorkflow) and u.current is None
            assert (report.migrated, report.failed) == ((b,), (a, u))
        assert [system.metadata(id).version for id in "abu"] == [1, 2, 1]


def migrated_parcel(system: ActorSystem) -> WorkflowRef:
    """Weighed twice under version 1, migrated (step 4), weighed and sent under version 2."""
    parcel = system.get("p")
    parcel.ask("weigh", grams=3000)
    parcel.ask("post")
    return parcel


@pytest.fixture
def across(reopen: Reopen) -> Reopen:
    with reopen() as system:
        parcel = system.start(parcel_1(), id="p")
        parcel.ask("weigh", grams=1000)
        parcel.ask("weigh", grams=2000)
    parcel_2()
    return reopen


def test_a_rollback_past_a_migration_migrates_what_it_goes_back_to(across: Reopen) -> None:
    with across() as system:
        parcel = migrated_parcel(system)
        parcel.rollback(to=2)
        assert (parcel.state, parcel.context.kilos) == ("ready", 1.0)
        assert parcel.history(last=1)[0].kind == "rollback"
        assert parcel.history(at=2)[0].context == {"grams": 1000}, "the past is as it was"
        parcel.rollback(to=5)
        assert parcel.context.kilos == 3.0
        assert system.verify() == []
    with across() as system:
        system.get("p").ask("post")


def test_rollbacks_go_on_backwards_past_a_migration(across: Reopen) -> None:
    with across() as system:
        parcel = migrated_parcel(system)
        kilos = []
        for _ in range(4):
            parcel.rollback()
            kilos.append(parcel.context.kilos)
        assert kilos == [3.0, 2.0, 1.0, 0.0]


def test_a_fork_is_of_the_present_version(across: Reopen) -> None:
    with across() as system:
        early = system.get("p").fork(id="early")
        assert system.metadata("p").version == 1, "the origin is left alone"
        assert (system.metadata("early").version, early.context.kilos) == (2, 2.0)
        parcel = migrated_parcel(system)
        past = parcel.fork(at=2, id="past")
        assert (past.state, past.context.kilos, past.snapshot().version) == ("ready", 1.0, 2)
        past.ask("post")
        assert [e.kind for e in past.history()] == ["created", "step"]
        assert system.verify() == []


def test_retention_keeps_what_is_needed_to_know_an_older_version(across: Reopen) -> None:
    clock = ManualClock()
    with across(clock=clock, retention=Retention(count=3), trim_every=60) as system:
        parcel = migrated_parcel(system)
        clock.advance(61)
        system.settle()
        assert [e.kind for e in parcel.history()] == ["migrated", "step", "step"]
        assert system.verify() == []
        parcel.rollback(to=3)  # the checkpoint that retention has left
        assert parcel.context.kilos == 2.0
        parcel.rollback(to=4)
        assert parcel.context.kilos == 2.0


def test_an_older_version_is_exported_and_imported_as_it_is(across: Reopen) -> None:
    with across() as system, ActorSystem() as other:
        document = system.export("p")
        there = other.import_(document)
        assert other.metadata("p").version == 1
        assert other.export("p") == document
        there.ask("post")
        assert there.history(last=2)[0].kind == "migrated"
        parcel = migrated_parcel(system)
        document = system.export("p")
        with ActorSystem() as third:
            third.import_(document)
            assert third.export("p") == document
            third.get("p").rollback(to=2)
            assert third.get("p").context == parcel.fork(at=2).context
            assert third.verify() == []


def test_a_finished_workflow_is_migrated_too(reopen: Reopen) -> None:
    class Short(Workflow):
        __qualname__ = "Short"
        on = State(initial=True)
        off = State(final=True)
        end = on.to(off)

    with reopen() as system:
        system.start(Short, id="s").ask("end")

    def short_2() -> type[Workflow]:
        class Short(Workflow):
            __qualname__ = "Short"
            version = 2
            on = State(initial=True)
            over = State(final=True)
            end = on.to(over)

            @migrates(from_=1, to=2)
            @staticmethod
            def rename(stored: Stored) -> Stored:
                stored.rename_state("off", "over")
                return stored

        return Short

    short_2()
    with reopen() as system:
        with pytest.raises(InvalidTransition, match="finished in 'over'"):
            system.get("s").ask("end")
        assert system.metadata("s").finished


@pytest.mark.parametrize(
    ("version", "ways", "message"),
    [
        (2, [(1, 1)], "from a version to a later one, not from 1 to 1"),
        (2, [(2, 1)], "to a later one"),
        (2, [(0, 1)], "to a later one"),
        (2, [(1, 3)], "raise its version"),
        (3, [(1, 2), (1, 3)], "starts from version 1, as .* does"),
    ],
)
def test_migrations_that_make_no_sense_are_refused_when_they_are_defined(
    version: int, ways: list[tuple[int, int]], message: str
) -> None:
    def same(stored: Stored) -> Stored:
        return stored

    body: dict[str, Any] = {"version": version, "on": State(initial=True)}
    body["off"] = State(final=True)
    body["flip"] = body["on"].to(body["off"])
    body |= {f"way_{n}": migrates(from_=a, to=b)(same) for n, (a, b) in enumerate(ways)}
    with pytest.raises(BadDefinition, match=message):
        type(Workflow)("Senseless", (Workflow,), body)


def test_a_subclass_that_counts_its_own_versions_has_its_own_migrations() -> None:
    made = parcel_2()

    class Express(made):  # type: ignore[misc,valid-type]  # a class made by a function
        pass

    class Courier(made):  # type: ignore[misc,valid-type]  # likewise
        version = 1

    assert list(Express.migrations) == [1]
    assert Courier.migrations == {}


def test_a_migration_can_be_called_by_itself() -> None:
    made: Any = parcel_2()
    moved = made.to_kilos(Stored(("packed",), {"h": ("packed", "x")}, {"grams": 5}))
    assert moved == Stored(("ready",), {"h": ("ready", "x")}, {"kilos": 0.005})


def test_a_class_changed_without_a_new_version_strands_only_what_no_longer_fits(
    reopen: Reopen,
) -> None:
    with reopen() as system:
        old_parcels(system)

    def later() -> type[Workflow]:
        class Parcel(Workflow):
            __qualname__ = "Parcel"
            packed = State(initial=True)
            away = State(final=True)
            post = packed.to(away)

            class Context:
                grams: int = 0

        return Parcel

    later()
    with reopen(on_changed_definition="ignore") as system:
        with pytest.raises(VersionMismatch, match="there is no state 'sent'") as info:
            system.get("b").ask("post")
        assert (info.value.stored, info.value.current) == (1, 1)
        assert isinstance(system.recover()["b"], VersionMismatch)
        system.get("a").ask("post")
        assert system.metadata("a").finished
        system.get("a").rollback(to=1)
        with pytest.raises(VersionMismatch):
            system.get("b").rollback(to=1)
