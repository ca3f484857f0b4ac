"""One can look into a running system, as data, as text, and from another process."""

from __future__ import annotations

import io
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from repertory.actors import ActorSystem, Lifecycle, RepertoryError, State, Workflow
from repertory.actors.errors import StoreError, SystemStopped
from repertory.actors.inspection import Inspection, Rates
from repertory.actors.inspection_socket import LONGEST_PATH, ask, socket_path
from repertory.actors.runtime import ActorNameFilter, ManualClock, PooledActor, Router

from .charts import Order, Tally

LONG = 20.0

pytestmark = pytest.mark.skipif(
    not hasattr(socket, "AF_UNIX"), reason="There are no such sockets here."
)


class Held(Workflow):
    """Has an action that holds its thread until the test lets go."""

    here = State(initial=True)
    hold = here.to.itself(internal=True)
    who = here.to.itself(internal=True)

    reached = threading.Event()
    opened = threading.Event()

    def on_hold(self) -> None:
        self.reached.set()
        assert self.opened.wait(LONG)

    def on_who(self) -> str:
        return threading.current_thread().name


@pytest.fixture
def held(system: ActorSystem) -> Iterator[ActorSystem]:
    """A system in which workflow h is at an action, with two more events waiting."""
    Held.reached.clear()
    Held.opened.clear()
    ref = system.start(Held, id="h")
    futures = [ref.ask("hold", block=False) for _ in range(3)]
    assert Held.reached.wait(LONG)
    yield system
    Held.opened.set()
    for future in futures:
        future.get(timeout=LONG)


def names(inspection: Inspection) -> dict[str, Any]:
    """Return the actors by name: those that nobody supervises, and those right below them."""
    shown = [one for top in inspection.actors for one in (top, *top.children)]
    return {one.name: one for one in shown}


def test_an_inspection_shows_who_runs_what_waits_and_what_threads_do(held: ActorSystem) -> None:
    seen = held.inspect()
    one = names(seen)["workflow h"]
    assert (one.kind, one.waiting, one.running, one.children) == ("WorkflowActor", 2, True, ())
    assert seen.waiting >= 2
    assert {one.actor: one.message for one in seen.threads}["workflow h"] == "Deliver"
    assert seen.statistics.active == 1
    assert seen.actor_count == 4
    assert "on_hold" in held.dump()
    assert "on_hold" not in held.dump(stacks=False)


def test_an_inspection_is_json_and_comes_back_the_same(held: ActorSystem) -> None:
    seen = held.inspect()
    assert msgspec.json.decode(msgspec.json.encode(seen), type=Inspection) == seen


def test_an_inspection_takes_in_the_busiest_and_those_above_them(held: ActorSystem) -> None:
    for number in range(5):
        held.start(Tally, id=f"t{number}")

    class Boss(PooledActor):
        def on_receive(self, message: Any) -> Any:
            return self.start_child(Boss)

    runtime = held._services.runtime
    child = runtime.start(Boss).ask("hire")
    (supervisor,) = held.inspect(limit=1).actors
    assert supervisor.kind == "Supervisor"
    assert [one.name for one in supervisor.children] == ["workflow h"]
    child.actor_inbox.take_turn()  # so that what it is told waits
    for _ in range(9):
        child.tell("hire")
    ((boss),) = held.inspect(limit=1).actors
    assert [one.waiting for one in boss.children] == [9]
    for envelope in list(child.actor_inbox.queue):
        child.actor_inbox.queue.remove(envelope)
    child.actor_inbox.release()


def test_dead_letters_and_slow_actions_are_in_an_inspection() -> None:
    Held.reached.clear()
    Held.opened.clear()
    with ActorSystem(slow_after=0.0) as system:
        future = system.start(Held, id="h").ask("hold", block=False)
        assert Held.reached.wait(LONG)
        assert "workflow h" in {one.actor for one in system.inspect().slow}
        Held.opened.set()
        future.get(timeout=LONG)
        runtime = system._services.runtime
        ref = runtime.start(PooledActor)
        ref.actor_inbox.take_turn()
        ref.tell("lost")
        ref.stop(block=False)
        ref.tell("lost too")
        ref.actor_inbox.release()
        ref.actor_stopped.wait(LONG)
        seen = system.inspect()
        assert seen.dead_letters == len(seen.letters) == 1
        assert (seen.letters[0].message, seen.letters[0].recipient) == ("str", str(ref))


def test_rates_are_of_the_last_second_or_since_it_was_last_looked_at() -> None:
    rates = Rates(100.0)
    assert rates.of(100.0, 0) == [0.0]
    assert rates.of(102.0, 10) == [5.0]
    assert rates.of(102.5, 20) == [8.0]  # over the 2.5 s since 100
    assert rates.of(103.0, 30) == [20.0]  # over the second since 102
    assert rates.of(113.0, 30) == [0.0]
    busy = Rates(0.0)
    for tick in range(1000):
        busy.of(tick / 100, tick)
    assert busy.of(10.0, 1000) == pytest.approx([100.0], rel=0.2)


def test_the_rates_of_a_system_go_by_its_clock() -> None:
    clock = ManualClock()
    with ActorSystem(clock=clock) as system:
        tally = system.start(Tally, id="t")
        clock.advance(2)
        assert system.inspect().steps_per_second == 0.5
        for _ in range(6):
            tally.ask("add", n=1)
        clock.advance(2)
        seen = system.inspect()
        assert seen.steps_per_second == 3.0
        assert seen.handled_per_second >= 6.0
        assert (seen.seconds, seen.at) == (4.0, clock.now())


def test_an_overview_counts_what_is_in_a_store(path: Path | None) -> None:
    with ActorSystem(path, clock=ManualClock()) as system:
        assert system.overview().workflows == 0
        for number in range(3):
            system.start(Lifecycle, id=f"l{number}")
        system.get("l0").ask("start")
        seen = system.overview()
        assert (seen.workflows, seen.states) == (3, {"idle": 2, "running": 1})
        assert (seen.steps, seen.waiting, seen.oldest, seen.dead) == (4, 0, None, 0)


def test_a_thread_is_called_after_the_workflow_that_it_runs(system: ActorSystem) -> None:
    ref = system.start(Held, id="h")
    assert ref.ask("who", timeout=LONG).endswith(" [workflow h]")
    assert ActorNameFilter().filter  # exported for those who set up logging


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="There is no such signal here.")
def test_a_signal_shows_what_a_system_is_doing(held: ActorSystem) -> None:
    written = io.StringIO()
    undo = held.dump_on_signal(file=written)
    signal.raise_signal(signal.SIGUSR1)
    undo()
    assert "workflow h, Deliver" in written.getvalue()


# --- from another process ---


def test_another_process_sees_the_same_and_only_its_owner_may_ask(file: Path) -> None:
    with ActorSystem(file, inspectable=True) as system:
        system.start(Tally, id="t").ask("add", n=1)
        at = socket_path(file)
        assert at == file.with_name(f"{file.name}.inspect")
        assert stat.S_IMODE(at.stat().st_mode) == 0o600
        answer = ask(file, "inspect")
        assert answer is not None
        seen = msgspec.json.decode(answer, type=Inspection)
        assert (seen.path, seen.statistics.steps) == (str(file), 2)
        assert "workflow t" in names(seen)
        dumped = ask(file, "dump")
        assert dumped is not None
        assert "at work" in msgspec.json.decode(dumped)
    assert not at.exists()
    assert ask(file, "inspect") is None
    with ActorSystem(file):
        assert ask(file, "inspect") is None  # nobody has allowed it


def test_the_socket_answers_while_the_system_is_being_closed(file: Path) -> None:
    Held.reached.clear()
    Held.opened.clear()
    system = ActorSystem(file, inspectable=True).open()
    system.start(Held, id="h").tell("hold")
    assert Held.reached.wait(LONG)
    closing = threading.Thread(target=system.close)
    closing.start()
    while system._running is not None:
        pass  # It is not closing yet.
    answer = ask(file, "inspect")
    assert answer is not None
    assert b"workflow h" in answer
    Held.opened.set()
    closing.join(LONG)
    assert not closing.is_alive()


def test_a_client_that_says_nothing_or_leaves_harms_nobody(file: Path) -> None:
    with ActorSystem(file, inspectable=True):
        for said in (b"", b"nonsense\n", b"x" * 1000, b"\xff\xfe\n"):
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(socket_path(file)))
                connection.sendall(said)
        assert ask(file, "inspect") is not None


def test_what_a_killed_process_has_left_is_no_obstacle(file: Path) -> None:
    program = (
        "import sys\n"
        "from repertory.actors import ActorSystem, Lifecycle\n"
        "system = ActorSystem(sys.argv[1], inspectable=True).open()\n"
        "system.start(Lifecycle, id='l')\n"
        "print('ready', flush=True)\n"
        "sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        answer = ask(file, "inspect")
        assert answer is not None
        assert msgspec.json.decode(answer)["process"] == process.pid
        process.kill()
    assert socket_path(file).exists()
    assert ask(file, "inspect") is None
    with ActorSystem(file, inspectable=True) as system:
        assert ask(file, "inspect") is not None
        assert system.get("l").state == "idle"
    assert not socket_path(file).exists()


def test_a_path_that_is_too_long_for_a_socket_has_it_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 40)
    folder.mkdir()
    file = folder / "store.db"
    with ActorSystem(file, inspectable=True):
        at = socket_path(file)
        assert len(str(at)) <= LONGEST_PATH
        assert ask(file, "inspect") is not None
    assert not at.exists()


def test_what_cannot_be_inspected_from_outside_says_why(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RepertoryError, match="writes to a file"):
        ActorSystem(inspectable=True).open()
    file.with_name(f"{file.name}.inspect").write_text("mine")
    with pytest.raises(StoreError, match=r"\.db\.inspect can't be listened on"):
        ActorSystem(file, inspectable=True).open()
    assert file.with_name(f"{file.name}.inspect").read_text() == "mine"
    with ActorSystem(file), pytest.raises(RepertoryError, match="writes to a file"):
        ActorSystem(file, inspectable=True, read_only=True).open()
    monkeypatch.delattr(socket, "AF_UNIX")
    with pytest.raises(RepertoryError, match="no local sockets"):
        ActorSystem(file, inspectable=True).open()
    assert ask(file, "inspect") is None
    with ActorSystem(file) as system:  # nothing holds it
        assert system.list() == []


class Echo(PooledActor):
    def on_receive(self, message: Any) -> Any:
        return message


def test_actors_of_ones_own_run_beside_workflows_and_end_with_the_system() -> None:
    system = ActorSystem()
    with pytest.raises(SystemStopped):
        _ = system.runtime
    heard: list[Any] = []
    with system:
        echoes = Router([system.runtime.start(Echo) for _ in range(2)])
        assert echoes.ask("heard") == "heard"
        system.runtime.topics.subscribe("news.*", heard.append)
        system.runtime.topics.publish("news.today", 1)
        assert system.start(Order, context={"total": 1}).state == "basket"
    assert [published.message for published in heard] == [1]
    assert not any(ref.is_alive() for ref in echoes.refs)
