"""What python-statemachine gets wrong and our engine does not, each as a user would meet it."""

from typing import Any

import pytest
from repertory.actors import ActorSystem, load_definitions
from repertory.actors.charts import CompiledChart
from statemachine import HistoryState, State

REGIONS = """
workflow = "one_of_two"
states.s0 = { parallel = true }
states.s1 = { in = "s0", initial = "s4" }
states.s2 = { in = "s1", on = { back = "s4" } }
states.s4 = { in = "s1", on = { turn = "s0", next = "s2" } }
states.s5 = { in = "s0" }
states.s6 = { in = "s0", on = { turn = "s2", again = "s6" } }
"""
INSIDE = """
workflow = "stays"
states.p = { parallel = true }
states.a = { in = "p", initial = "a1" }
states.a1 = { in = "a", on = { next = "a2" } }
states.a2 = { in = "a", on = { next = "a1" } }
states.b.in = "p"
states.b.initial = "b1"
states.b.on = { again = { to = "b1", inside = true }, note = { to = "b", inside = true } }
states.b1 = { in = "b", on = { other = "b2" } }
states.b2 = { in = "b", on = { other = "b1" } }
"""


@pytest.mark.parametrize("before", [[], ["again"], ["next", "back"]])
def test_of_conflicting_regions_the_first_in_the_document_wins(before: list[str]) -> None:
    (workflow,) = load_definitions(REGIONS).values()
    with ActorSystem() as system:
        ref = system.start(workflow)
        for event in [*before, "turn"]:
            ref.ask(event)
        assert ref.snapshot().configuration == ("s0", "s1", "s4", "s5", "s6")


def test_a_way_inside_a_region_enters_the_state_again() -> None:
    (workflow,) = load_definitions(INSIDE).values()
    with ActorSystem() as system:
        ref = system.start(workflow)
        for before in ([], ["other"]):
            for event in [*before, "again"]:
                ref.ask(event)
            assert ref.snapshot().configuration == ("p", "a", "a1", "b", "b1")


def test_a_way_inside_to_the_state_itself_leaves_it_alone() -> None:
    (workflow,) = load_definitions(INSIDE).values()
    with ActorSystem() as system:
        ref = system.start(workflow)
        ref.ask("other")
        ref.ask("note")
        assert ref.snapshot().configuration == ("p", "a", "a1", "b", "b2")


class Told(CompiledChart):
    """Notes in order what is entered, left and done."""

    def __init__(self) -> None:
        self.log: list[str] = []
        super().__init__()

    def on_enter_state(self, state: State) -> None:
        self.log.append(f"+{state.id}")

    def on_exit_state(self, state: State) -> None:
        self.log.append(f"-{state.id}")

    def act(self) -> None:
        self.log.append("act")

    def default(self) -> None:
        self.log.append("default")

    def after(self, event: str) -> str:
        self.log.clear()
        self.send(event)
        return " ".join(self.log)


def test_regions_are_entered_and_left_one_after_the_other() -> None:
    class Nested(Told):
        class both(State.Parallel):
            class one(State.Compound):
                class deep(State.Compound):
                    inner = State(initial=True)

            class two(State.Compound):
                other = State(initial=True)

        away = State(initial=True)
        go = away.to(both)
        back = both.to(away)

    chart = Nested()
    assert chart.after("go") == "-away +both +one +deep +inner +two +other"
    assert chart.after("back") == "-other -two -inner -deep -one -both +away"


def test_the_actions_of_a_way_to_a_history_state_run_once() -> None:
    class Remembers(Told):
        class room(State.Compound):
            door = State(initial=True)
            desk = State()
            memory = HistoryState()
            memory.to(desk, on="default")
            walk = desk.to(door)

        away = State(initial=True)
        go = away.to(room.memory, on="act")
        back = room.to(away)

    chart = Remembers()
    assert chart.after("go") == "-away act +room default +desk"
    chart.send("walk")
    chart.send("back")
    assert chart.after("go") == "-away act +room +door"


def test_a_return_to_deep_history_leaves_no_more_than_it_must() -> None:
    class Remembers(Told):
        class house(State.Compound):
            class room(State.Compound):
                door = State(initial=True)
                desk = State()
                walk = door.to(desk)

            memory = HistoryState(type="deep")
            memory.to(room)

        away = State()
        out = house.to(away)
        home = away.to(house.memory)

    class Returns(Remembers):
        again = Remembers.house.room.desk.to(Remembers.house.memory)

    chart: Any = Returns()
    for event in ("walk", "out", "home"):
        chart.send(event)
    assert chart.after("again") == "-desk +desk"
