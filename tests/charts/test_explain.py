"""The compiled tables, printed."""

from repertory.actors.charts.chart import CompiledChart
from repertory.actors.charts.explain import explain, falls_back
from statemachine import Event, State, StateChart


class Door(CompiledChart):
    """A door with a lock."""

    shut = State(initial=True)
    open = State()
    push = shut.to(open, cond="unlocked and not stuck", on="creak")
    pull = open.to(shut)

    def unlocked(self, key):
        return key == 7

    def stuck(self): ...
    def creak(self, source, volume=1): ...
    def on_exit_shut(self): ...
    def on_enter_open(self, event): ...
    def after_push(self): ...


def test_tables_are_printed_configuration_by_configuration():
    assert explain(Door) == (
        "Door: 2 states, 2 transitions\n"
        "[shut], where it starts\n"
        "  push: shut if unlocked and not stuck -> [open]\n"
        "    leaving shut: on_exit_shut()\n"
        "    on: creak(source, volume)\n"
        "    entering open: on_enter_open(event)\n"
        "    after: after_push()\n"
        "[open]\n"
        "  pull: open -> [shut]\n"
        "Everything is compiled."
    )


def test_regions_that_move_together_are_told():
    class Both(CompiledChart):
        class both(State.Parallel):
            class one(State.Compound):
                a = State(initial=True)
                b = State()
                go = a.to(b)

            class two(State.Compound):
                c = State(initial=True)
                d = State()
                go = c.to(d)

    text = explain(Both)
    assert "[both, one, a, two, c], where it starts" in text
    assert "  go: all of these at once -> [both, one, b, two, d]" in text


def test_what_is_left_to_the_stock_library_is_listed_with_the_reason():
    class Odd(StateChart):
        a = State(initial=True)
        b = State(invoke=lambda: None)
        go = a.to(b, on="strict")
        back = Event(b.to(a, on="go"), delay=5)

        def strict(self, event, /): ...
        def prepare_event(self):
            return {}

    told = "\n".join(falls_back(Odd))
    for part in (
        "strict: ",
        "go: an event sent",
        "prepare_event: ",
        "invocations: ",
        "event back: ",
    ):
        assert part in told
    assert explain(Odd).endswith("\n".join(f"  {reason}" for reason in falls_back(Odd)))


def test_nothing_is_left_of_an_ordinary_chart():
    assert falls_back(Door) == []
