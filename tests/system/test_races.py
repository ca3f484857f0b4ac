"""Whoever asks is answered: under failure, in rings, while things end, and in races."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from repertory.actors import ActorSystem, RepertoryError, State, Workflow, WorkflowRef
from repertory.actors.errors import (
    HandlerFailed,
    InvalidTransition,
    StoreError,
    SystemStopped,
    WorkflowExists,
    WorkflowNotFound,
)
from repertory.actors.messages import Wake
from repertory.actors.notifications import Subscriber
from repertory.actors.persistence_actor import PersistenceActor
from repertory.actors.runtime import ActorStarted
from repertory.actors.supervisor import Remove, Stop, Supervisor
from repertory.actors.workflow_actor import WorkflowActor
from repertory.persistence.errors import StaleStep
from repertory.persistence.records import Stored

from .charts import Tally
from .faulty import FaultyStore

LONG = 20.0
"""Seconds after which a test calls what it waits for lost."""


class Store(FaultyStore):
    """One whose other operations can be interfered with, too."""

    def __init__(self) -> None:
        super().__init__()
        self.before_commit: Callable[[], None] = lambda: None
        self.before_remove: Callable[[], None] = lambda: None
        self.before_find: Callable[[], None] = lambda: None

    def commit(self, steps: Any) -> Any:
        self.before_commit()
        return super().commit(steps)

    def remove(self, workflow_id: str) -> bool:
        self.before_remove()
        return super().remove(workflow_id)

    def find(self, workflow_id: str) -> Any:
        self.before_find()
        return super().find(workflow_id)

    def load(self, workflow_id: str) -> Stored | None:
        return super().load(workflow_id)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def system(store: Store) -> Iterator[ActorSystem]:
    """A system whose end is bounded, so that a lost answer fails its test and not all of them."""
    running = ActorSystem(store=store, name="races").open()
    yield running
    store.broken = False
    store.release()
    running.close(timeout=LONG)
    with ActorSystem(store=store) as after:
        assert after.verify() == []


def aside(work: Callable[[], Any]) -> Future[Any]:
    """Do something in a thread of its own."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


class Script(Workflow):
    """Does what the test wants within its actions and guards."""

    here = State(initial=True)
    there = State()

    do = here.to.itself(internal=True)
    go = here.to(there)
    ask = there.to(here, cond="may")

    acts: dict[str, Callable[[Script], Any]] = {}

    def on_do(self, act: str) -> Any:
        self.context["began"] = act
        return self.acts[act](self)

    def may(self, act: str) -> bool:
        return bool(self.acts[act](self))


class AsyncScript(Workflow):
    """The same, with coroutines."""

    here = State(initial=True)
    do = here.to.itself(internal=True)

    acts: dict[str, Callable[[AsyncScript], Any]] = {}

    async def on_do(self, act: str) -> Any:
        self.context["began"] = act
        return await self.acts[act](self)


@pytest.fixture(autouse=True)
def no_acts() -> Iterator[None]:
    yield
    Script.acts.clear()
    AsyncScript.acts.clear()


# --- what an action raises that is no Exception ---


@pytest.mark.parametrize("raised", [SystemExit, KeyboardInterrupt, asyncio.CancelledError])
def test_whatever_an_action_raises_undoes_the_step_and_answers(
    system: ActorSystem, raised: type[BaseException]
) -> None:
    script = system.start(Script, id="s")

    def act(_: Script) -> None:
        raise raised

    Script.acts["exit"] = act
    Script.acts["fine"] = lambda _: "fine"
    # With two in the mailbox, the second one must neither be lost nor see what the first one left.
    first, second = (script.ask("do", act=act, block=False) for act in ("exit", "fine"))
    with pytest.raises(HandlerFailed, match=raised.__name__):
        first.get(timeout=LONG)
    assert second.get(timeout=LONG) == "fine"
    kinds = [(entry.kind, entry.context) for entry in script.history()]
    failed = [] if raised is KeyboardInterrupt else [("failed", {})]  # that one has not failed
    assert kinds == [("created", {}), *failed, ("step", {"began": "fine"})]


def test_an_async_action_that_is_cancelled_undoes_the_step_and_answers(
    system: ActorSystem,
) -> None:
    script = system.start(AsyncScript, id="s")

    async def act(_: AsyncScript) -> None:
        inner = asyncio.ensure_future(asyncio.Event().wait())
        asyncio.get_running_loop().call_soon(inner.cancel)
        await inner

    AsyncScript.acts["cancel"] = act
    future = script.ask("do", act="cancel", block=False)
    with pytest.raises(HandlerFailed, match="CancelledError"):
        future.get(timeout=LONG)
    assert script.context == {}


def test_a_start_whose_entry_action_exits_is_answered(system: ActorSystem) -> None:
    class Exits(Workflow):
        here = State(initial=True)
        stay = here.to.itself()

        def on_enter_here(self) -> None:
            raise SystemExit(3)

    started = aside(lambda: system.start(Exits, id="e"))
    with pytest.raises(HandlerFailed, match="SystemExit"):
        started.result(timeout=LONG)
    assert system.list() == []


# --- rings ---


def test_workflows_that_ask_each_other_are_told_of_the_ring(system: ActorSystem) -> None:
    one, two = system.start(Script, id="one"), system.start(Script, id="two")
    Script.acts["ask two"] = lambda _: two.ask("do", act="ask one")
    Script.acts["ask one"] = lambda _: one.ask("do", act="fine")
    Script.acts["fine"] = lambda _: "fine"
    future = one.ask("do", act="ask two", block=False)
    with pytest.raises(HandlerFailed, match="waits for"):
        future.get(timeout=LONG)
    assert one.ask("do", act="fine") == "fine"


@pytest.mark.parametrize("end", ["stop", "remove"])
def test_a_workflow_that_waits_for_its_own_end_is_told_so(system: ActorSystem, end: str) -> None:
    script = system.start(Script, id="s")
    Script.acts["end"] = lambda _: getattr(system, end)("s")
    future = script.ask("do", act="end", block=False)
    with pytest.raises(HandlerFailed, match="asks itself"):
        future.get(timeout=LONG)


@pytest.mark.parametrize("what", ["ask", "start", "stop", "remove", "rollback", "fork", "close"])
def test_what_waits_in_a_callback_of_an_answer_is_an_error_and_not_the_end(
    system: ActorSystem, store: Store, what: str
) -> None:
    one, two = system.start(Tally, id="one"), system.start(Tally, id="two")
    two.ask("add", n=1)
    waits: dict[str, Callable[[], Any]] = {
        "ask": lambda: two.ask("add", n=1),
        "start": lambda: system.start(Tally, id="three"),
        "stop": lambda: system.stop("two"),
        "remove": lambda: system.remove("two"),
        "rollback": lambda: two.rollback(),
        "fork": lambda: two.fork(id="three"),
        "close": system.close,
    }
    outcome: Future[Any] = Future()

    def callback(_: object) -> None:
        try:
            outcome.set_result(waits[what]())
        except Exception as error:
            outcome.set_exception(error)

    store.hold()
    asked = one.ask("add", n=1, block=False)
    asked.add_done_callback(callback)  # it will run where the steps are written
    store.release()
    if what != "stop":  # which has nothing to write
        with pytest.raises(Exception, match=r"waits for|asks itself|from outside"):
            outcome.result(timeout=LONG)
    else:
        outcome.result(timeout=LONG)
    assert asked.get(timeout=LONG) == 1
    assert aside(lambda: one.ask("add", n=1)).result(timeout=LONG) == 2


# --- callbacks that raise ---


@pytest.mark.parametrize("raised", [ValueError, SystemExit, KeyboardInterrupt])
def test_what_a_callback_of_an_answer_raises_harms_nobody(
    system: ActorSystem, store: Store, raised: type[BaseException]
) -> None:
    one, two = system.start(Tally, id="one"), system.start(Tally, id="two")

    def callback(_: object) -> None:
        raise raised

    store.hold()
    first = one.ask("add", n=1, block=False)
    first.add_done_callback(callback)
    second = two.ask("add", n=1, block=False)
    store.release()
    assert (first.get(timeout=LONG), second.get(timeout=LONG)) == (1, 1)
    assert aside(lambda: one.ask("add", n=1)).result(timeout=LONG) == 2


@pytest.mark.parametrize("raised", [KeyboardInterrupt, SystemExit])
def test_a_write_that_is_broken_off_answers_everyone_and_goes_on(
    system: ActorSystem, store: Store, raised: type[BaseException]
) -> None:
    one, two = system.start(Tally, id="one"), system.start(Tally, id="two")
    store.hold()
    futures = [ref.ask("add", n=1, block=False) for ref in (one, two, one)]

    def interrupt() -> None:
        store.before_commit = lambda: None
        raise raised

    store.before_commit = interrupt
    store.release()
    outcomes = []
    for future in futures:
        try:
            outcomes.append(future.get(timeout=LONG))
        except StoreError:
            outcomes.append(None)
    for ref in (one, two):
        durable = ref.context.total
        assert aside(lambda ref=ref: ref.ask("add", n=1)).result(timeout=LONG) == durable + 1


# --- positions that were never durable ---


def test_a_refusal_in_a_state_that_failed_to_commit_is_not_given(
    system: ActorSystem, store: Store
) -> None:
    script = system.start(Script, id="s")
    entered, gate = threading.Event(), threading.Event()

    def block(_: Script) -> bool:
        entered.set()
        assert gate.wait(LONG)
        return False

    Script.acts["block"] = block
    store.hold()
    store.broken = True
    gone = script.ask("go", block=False)
    refused = script.ask("ask", act="block", block=False)
    assert entered.wait(LONG)
    store.release()
    with pytest.raises(StoreError):
        gone.get(timeout=LONG)
    gate.set()  # its guard says no in `there`, where the workflow never was
    with pytest.raises(StoreError):
        refused.get(timeout=LONG)
    store.broken = False
    assert script.state == "here"


def test_a_rollback_does_not_go_on_from_a_state_that_failed_to_commit(
    system: ActorSystem, store: Store
) -> None:
    script = system.start(Script, id="s")
    Script.acts["no"] = lambda _: False
    store.hold()
    store.broken = True
    gone = script.ask("go", block=False)
    back = aside(script.rollback)
    store.release()
    for future in (gone.get, back.result):
        with pytest.raises(StoreError, match="disk is full"):
            future(timeout=LONG)


@pytest.mark.parametrize("end", ["stop", "remove"])
def test_a_step_that_cannot_be_written_does_not_keep_a_workflow_from_its_end(
    system: ActorSystem, store: Store, end: str
) -> None:
    script = system.start(Script, id="s")
    gate = threading.Event()
    Script.acts["wait"] = lambda _: gate.wait(LONG)
    store.hold()
    store.broken = True
    waits = script.ask("do", act="wait", block=False)
    gone = script.ask("go", block=False)
    supervisor = system._services.supervisor
    ended = supervisor.ask({"stop": Stop, "remove": Remove}[end]("s"), block=False)
    supervisor.ask(Wake())  # so the workflow has been told, behind those two
    gate.set()
    store.release()
    for future in (waits, gone):
        with pytest.raises(StoreError):
            future.get(timeout=LONG)
    ended.get(timeout=LONG)
    assert [record.id for record in system.list()] == ([] if end == "remove" else ["s"])


# --- the end of a system ---


def end_of(future: Any) -> str:
    """Wait for an answer, and name it."""
    try:
        return repr(future(timeout=LONG))
    except Exception as error:
        return type(error).__name__


def test_a_close_that_runs_out_of_time_answers_everyone(store: Store) -> None:
    system = ActorSystem(store=store).open()
    script, idle = system.start(Script, id="s"), system.start(Tally, id="t")
    gate, began = threading.Event(), threading.Event()

    def block(_: Script) -> None:
        began.set()
        assert gate.wait(LONG)

    Script.acts["block"] = block
    store.hold()
    futures = [idle.ask("add", n=1, block=False), script.ask("do", act="block", block=False)]
    assert began.wait(LONG)
    futures += [script.ask("go", block=False), idle.ask("add", n=1, block=False)]
    ends = [aside(lambda: system.stop("s")), aside(lambda: system.remove("t"))]
    closing = aside(lambda: system.close(timeout=0.2))
    with pytest.raises(SystemStopped):
        while True:  # until it has begun
            futures.append(idle.ask("add", n=1, block=False))
    closing.result(timeout=LONG)
    gate.set()
    store.release()
    outcomes = [end_of(future.get) for future in futures]
    assert {"SystemStopped"} == {o for o in outcomes if not o.isdigit() and o != "None"}
    assert {end_of(end.result) for end in ends} <= {"None", "SystemStopped"}
    with ActorSystem(store=store) as after:
        assert after.verify() == []
        if "t" in {record.id for record in after.list()}:
            acknowledged = sum(outcome.isdigit() for outcome in outcomes)
            assert after.get("t").context.total >= acknowledged


@pytest.mark.parametrize("raised", [SystemExit, KeyboardInterrupt])
def test_an_action_that_exits_does_not_keep_a_system_from_its_end(
    store: Store, raised: type[BaseException]
) -> None:
    system = ActorSystem(store=store).open()
    script = system.start(Script, id="s")
    gate = threading.Event()

    def exits(_: Script) -> None:
        assert gate.wait(LONG)
        raise raised

    Script.acts["exit"] = exits
    script.tell("do", act="exit")
    closing = aside(system.close)
    gate.set()
    closing.result(timeout=LONG)


@pytest.mark.parametrize("where", ["action", "async action", "subscriber"])
def test_a_system_is_not_closed_from_within(system: ActorSystem, where: str) -> None:
    outcome: Future[Any] = Future()

    def close(*_: object) -> None:
        try:
            outcome.set_result(system.close())
        except Exception as error:
            outcome.set_exception(error)

    async def close_async(_: AsyncScript) -> None:
        close()

    Script.acts["close"], AsyncScript.acts["close"] = close, close_async
    if where == "subscriber":
        system.subscribe(close, event="go")
        system.start(Script, id="s").ask("go")
    else:
        workflow = Script if where == "action" else AsyncScript
        system.start(workflow, id="s").ask("do", act="close", block=False)
    with pytest.raises(RepertoryError, match="from outside"):
        outcome.result(timeout=LONG)
    assert system.start(Tally).ask("add", n=1) == 1


# --- removing, and starting again ---


def test_what_was_sent_to_a_workflow_while_it_was_removed_leaves_no_ghost(
    system: ActorSystem, store: Store
) -> None:
    script = system.start(Script, id="s")
    script.ask("go")
    asked = threading.Event()
    refused: list[Any] = []

    def say_no(_: Script) -> bool:
        asked.set()
        return False

    def meanwhile() -> None:
        refused.append(script.ask("ask", act="no", block=False))
        assert asked.wait(LONG)

    Script.acts["no"] = say_no
    store.before_remove = meanwhile
    system.remove("s")
    with pytest.raises(RepertoryError):
        refused[0].get(timeout=LONG)
    assert system.list() == []
    assert system.start(Script, id="s").state == "here"


def test_of_two_removals_at_once_one_finds_nothing(system: ActorSystem, store: Store) -> None:
    system.start(Script, id="s")
    second: list[Any] = []

    def meanwhile() -> None:
        store.before_remove = lambda: None
        second.append(aside(lambda: system.remove("s")))
        # The supervisor has passed it on when it has answered this.
        system._services.supervisor.ask(Wake())

    store.before_remove = meanwhile
    ends = [aside(lambda: system.remove("s"))]
    ends[0].result(timeout=LONG)
    with pytest.raises(WorkflowNotFound):
        second[0].result(timeout=LONG)


class Noting:
    """A handler that notes which states were entered."""

    def __init__(self) -> None:
        self.entered: list[str] = []

    def on_enter(self, state: str) -> None:
        self.entered.append(state)


def test_the_handlers_of_a_start_that_was_refused_are_nobodys(
    system: ActorSystem, store: Store
) -> None:
    mine, theirs = Noting(), Noting()
    store.hold()  # so that the second one is refused by the workflow, not by the supervisor
    started = aside(lambda: system.start(Script, id="s", handlers=[mine]))
    refused = aside(lambda: system.start(Script, id="s", handlers=[theirs]))
    system._services.supervisor.ask(Wake())
    store.release()
    outcomes = [end_of(future.result) for future in (started, refused)]
    assert sorted(outcomes) == ["<WorkflowRef 's'>", "WorkflowExists"]
    if outcomes[0] == "WorkflowExists":
        mine, theirs = theirs, mine
    system.stop("s")
    system.get("s").ask("go")
    assert (mine.entered, theirs.entered) == (["here", "there"], [])


def test_handlers_outlive_a_removal_that_fails_and_no_creation_that_does(
    system: ActorSystem, store: Store
) -> None:
    noting = Noting()
    store.broken = True
    with pytest.raises(StoreError):
        system.start(Script, id="s", handlers=[Noting()])
    store.broken = False
    assert system._services.own_handlers == {}
    script = system.start(Script, id="s", handlers=[noting])

    def fail() -> None:
        store.before_remove = lambda: None
        raise StoreError("The disk is full.")

    store.before_remove = fail
    with pytest.raises(StoreError):
        system.remove("s")
    script.ask("go")
    assert noting.entered == ["here", "there"]
    system.remove("s")
    assert system._services.own_handlers == {}


def test_a_guard_that_spoils_the_context_spoils_nothing(system: ActorSystem) -> None:
    script = system.start(Script, id="s")
    script.ask("go")

    def spoil(chart: Script) -> bool:
        chart.context["spoilt"] = object()
        return False

    Script.acts.update(spoil=spoil, yes=lambda _: True)
    with pytest.raises(InvalidTransition):
        script.ask("ask", act="spoil")
    script.ask("ask", act="yes")
    assert (script.state, script.context) == ("here", {})


@pytest.mark.parametrize("count", [2, 3])
def test_several_who_stop_a_workflow_at_once_all_see_it_leave(
    system: ActorSystem, count: int
) -> None:
    script = system.start(Script, id="s")
    gate = threading.Event()
    Script.acts["wait"] = lambda _: gate.wait(LONG)
    script.tell("do", act="wait")
    supervisor = system._services.supervisor
    ends = [supervisor.ask(Stop("s"), block=False) for _ in range(count)]
    supervisor.ask(Wake())  # all of them are in the mailbox now
    gate.set()
    for end in ends:
        end.get(timeout=LONG)
    assert system._services.activations.ids() == []
    assert script.ask("go") is None


# --- settling, and hearing of actors ---


def test_settling_waits_for_what_is_being_started(system: ActorSystem, store: Store) -> None:
    entered, gate = threading.Event(), threading.Event()

    def hold_up() -> None:
        store.before_find = lambda: None
        entered.set()
        assert gate.wait(LONG)

    store.before_find = hold_up
    started = aside(lambda: system.start(Script, id="s"))
    assert entered.wait(LONG)  # the supervisor has begun with it
    settled = aside(lambda: (system.settle(timeout=LONG), store.find("s"))[1])
    system._services.supervisor.tell(Wake())
    gate.set()
    assert started.result(timeout=LONG)
    assert settled.result(timeout=LONG) is not None


@pytest.mark.parametrize("other", ["s", "t"])
def test_who_hears_that_an_actor_starts_may_send_to_it(system: ActorSystem, other: str) -> None:
    for id in ("s", "t"):
        system.start(Tally, id=id)
        system.stop(id)
    told: list[object] = []

    def tell(event: ActorStarted) -> None:
        if not told and event.ref.actor_class is WorkflowActor:
            told.append(event)
            system.get(other).tell("add", n=1)

    subscription = system.events.subscribe(tell, ActorStarted)
    done = aside(lambda: system.get("s").ask("add", n=1))
    assert done.result(timeout=LONG) == (2 if other == "s" else 1)
    subscription.cancel()
    system.settle(timeout=LONG)
    assert system.get(other).context.total == (2 if other == "s" else 1)
    actors = system._services.runtime.registry.values()
    assert sum(ref.actor_class is WorkflowActor for ref in actors) <= 2


# --- at random, with threads ---


def together(*works: Callable[[], Any]) -> list[Any]:
    """Do all of this at once, and return how each ended."""
    barrier = threading.Barrier(len(works))

    def begin(work: Callable[[], Any]) -> Any:
        barrier.wait(LONG)
        return work()

    futures = [aside(lambda work=work: begin(work)) for work in works]
    ends = []
    for future in futures:
        try:
            ends.append(future.result(timeout=LONG))
        except Exception as error:
            ends.append(error)
    assert not any(isinstance(end, TimeoutError) for end in ends), ends
    return ends


class Moody(Store):
    """Fails some of its commits, at random."""

    def __init__(self, seed: int, share: float) -> None:
        super().__init__()
        self.random = random.Random(seed)
        self.share = share

    def commit(self, steps: Any) -> Any:
        self.broken = self.random.random() < self.share
        return super().commit(steps)


@pytest.mark.parametrize("seed", range(6))
def test_in_a_storm_all_is_answered_in_order_and_nothing_acknowledged_is_lost(seed: int) -> None:
    senders, events = 4, 40
    store = Moody(seed, 0.1 if seed % 2 else 0.0)
    with ActorSystem(store=store) as system:
        tally = start_anyway(system)

        def send(sender: int) -> tuple[set[int], set[int]]:
            chance = random.Random(seed * 100 + sender)
            yes, no = set(), set()
            waiting: dict[int, Any] = {}
            for number in range(sender * events, (sender + 1) * events):
                if chance.random() < 0.3:
                    tally.tell("add", n=number)
                else:
                    waiting[number] = tally.ask("add", n=number, block=False)
                if chance.random() < 0.2:
                    system.stop("t", timeout=LONG)
            for number, future in waiting.items():
                try:
                    future.get(timeout=LONG)
                    yes.add(number)
                except StoreError:
                    no.add(number)
            return yes, no

        ends = together(*(lambda sender=sender: send(sender) for sender in range(senders)))
        system.settle(timeout=LONG)
        seen = tally.context.seen
        assert len(set(seen)) == len(seen)
        for sender, end in enumerate(ends):
            yes, no = end
            mine = [number for number in seen if number // events == sender]
            assert mine == sorted(mine)
            assert yes <= set(mine)
            assert not no & set(mine)
            if not store.share:
                assert len(mine) == events
        assert system.verify() == []


def start_anyway(system: ActorSystem) -> WorkflowRef:
    """Start a workflow on a disk that fails now and then."""
    while True:
        try:
            return system.start(Tally, id="t")
        except StoreError:
            continue


@pytest.mark.parametrize("seed", range(4))
def test_a_key_counts_once_whatever_else_goes_on(seed: int) -> None:
    with ActorSystem(store=Moody(seed, 0.3)) as system:
        tally = start_anyway(system)

        def insist(chance: random.Random) -> list[int]:
            answers = []
            for key in range(10):
                while True:
                    try:
                        answers.append(tally.ask("add", n=1 << key, key=str(key), timeout=LONG))
                        break
                    except StoreError:
                        if chance.random() < 0.5:
                            system.stop("t", timeout=LONG)
            return answers

        works = [lambda n=n: insist(random.Random(seed * 10 + n)) for n in range(4)]
        expected = [(2 << key) - 1 for key in range(10)]
        assert together(*works) == [expected] * 4
        assert sorted(tally.context.seen) == [1 << key for key in range(10)]


@pytest.mark.parametrize("on_file", [False, True])
def test_of_many_starts_of_one_id_one_wins_and_what_is_told_meanwhile_harms_nothing(
    file: Path, on_file: bool
) -> None:
    with ActorSystem(file if on_file else None, synchronous="OFF") as system:
        document = b""
        for round in range(15):
            ref = WorkflowRef(system, "s")
            works: list[Callable[[], Any]] = [lambda: system.start(Tally, id="s")] * 3
            works += [partial(ref.tell, "add", n=1), partial(ref.ask, "add", n=1)]
            if round % 3 == 2:
                works += [partial(system.import_, document)]
            if round % 3 == 1:
                works += [lambda: system.remove("s"), lambda: system.remove("s")]
            ends = together(*works)
            for end in ends:
                assert not isinstance(end, Exception) or isinstance(
                    end, WorkflowExists | WorkflowNotFound | StaleStep
                ), end
            if round % 3 != 1:
                assert sum(isinstance(end, WorkflowRef) for end in ends) == 1
            system.settle(timeout=LONG)
            if [record.id for record in system.list()] == ["s"]:
                assert ref.context.total == len(ref.context.seen)
                document = system.export("s")
                system.remove("s")
            with pytest.raises(WorkflowNotFound):
                ref.snapshot()
            assert system.verify() == []


def test_a_rollback_among_events_lands_between_two_of_them(system: ActorSystem) -> None:
    tally = system.start(Tally, id="t")
    for _ in range(20):
        ends = together(
            lambda: tally.ask("add", n=1), lambda: tally.ask("add", n=1), lambda: tally.rollback(1)
        )
        assert not [end for end in ends if isinstance(end, Exception)]
        lines = tally.history()
        total = 0
        for line in lines:
            total = 0 if line.kind == "rollback" else total + (line.kind == "step")
            assert line.context["total"] == total


def test_who_waits_for_a_state_that_comes_just_now_is_told_once(system: ActorSystem) -> None:
    for number in range(60):
        tally = system.start(Tally, id=f"t{number}")
        seen, _ = together(
            lambda tally=tally: tally.wait_for(lambda s: s.context.total == 1, timeout=LONG),
            lambda tally=tally: tally.ask("add", n=1),
        )
        assert not isinstance(seen, Exception), seen


def test_subscribers_come_and_go_while_steps_are_told(system: ActorSystem) -> None:
    tally = system.start(Tally, id="t")
    heard: list[list[int]] = []

    def listen() -> None:
        for _ in range(20):
            mine: list[int] = []
            heard.append(mine)
            cancel = system.subscribe(
                lambda told, mine=mine: mine.append(told.entry.sequence), id="t"
            )
            tally.ask("add", n=1)
            cancel()

    ends = together(listen, listen, listen)
    assert ends == [None] * 3
    for mine in heard:
        assert mine == list(range(mine[0], mine[0] + len(mine))) if mine else True
    actors = system._services.runtime.registry.values()
    live = [ref for ref in actors if ref.actor_class not in (Supervisor, PersistenceActor)]
    for ref in live:
        if ref.actor_class is Subscriber:
            assert ref.actor_stopped.wait(LONG)


def test_after_the_end_no_thread_is_left_and_everyone_is_told(file: Path) -> None:
    before = set(threading.enumerate())
    for round in range(5):
        system = ActorSystem(file if round % 2 else None, name="leaks", synchronous="OFF").open()
        refs = [system.start(kind) for kind in (Tally, AsyncScript, Tally)]
        AsyncScript.acts["fine"] = lambda _: asyncio.sleep(0)
        system.subscribe(lambda _: None)

        def flood(ref: WorkflowRef = refs[0]) -> int:
            for number in range(100_000):
                try:
                    ref.ask("add", n=1)
                except SystemStopped:
                    return number
            return -1

        def start_more(system: ActorSystem = system) -> None:
            while True:
                try:
                    system.start(Tally)
                except SystemStopped:
                    return

        refs[1].tell("do", act="fine")
        count, again, *others = together(flood, start_more, system.close, system.close)
        assert isinstance(count, int) and count >= 0, count
        assert [again, *others] == [None] * 3
        system.close()
    left = [thread for thread in set(threading.enumerate()) - before if "leaks" in thread.name]
    for thread in left:
        thread.join(LONG)
    assert not any(thread.is_alive() for thread in left)
