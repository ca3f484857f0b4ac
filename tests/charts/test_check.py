"""What `check` finds in a definition, and what it leaves alone."""

import inspect

import pytest
from repertory.actors.charts.chart import CompiledChart
from repertory.actors.charts.check import check
from statemachine import HistoryState, State, StateChart

LENIENT = {
    "validate_disconnected_states": False,
    "validate_trap_states": False,
    "validate_final_reachability": False,
}


class Lenient(CompiledChart):
    """A base whose definitions are left to `check`."""

    locals().update(LENIENT)


def line_of(cls, text):
    lines, first = inspect.getsourcelines(cls)
    return next(first + i for i, line in enumerate(lines) if text in line)


def only(problems):
    assert len(problems) == 1, [str(problem) for problem in problems]
    return problems[0]


def test_a_sound_chart_has_no_problems():
    class Sound(Lenient):
        class work(State.Parallel):
            class pack(State.Compound):
                open = State(initial=True)
                done = State(final=True)
                close = open.to(done)

            class bill(State.Compound):
                due = State(initial=True)
                paid = State(final=True)
                past = HistoryState()
                pay = due.to(paid, cond="covers and not self_made and In('open')")

        shipped = State(final=True)
        lost = State()
        done_state_work = work.to(shipped)
        lose = work.to(lost)
        found = lost.to(work.bill.past)
        cancel = lost.to(shipped, on="later") | shipped.from_.any()

        def __init__(self):
            self.self_made = False
            super().__init__()

        later: object

        def covers(self, amount):
            return amount

        def before_transition(self, **data): ...
        def on_enter_shipped(self, weight): ...

    assert check(Sound) == []


def test_an_unreachable_state_is_named_with_its_line():
    class Lost(Lenient):
        a = State(initial=True)
        b = State()
        island = State()
        go = a.to(b)
        back = b.to(a)
        leave = island.to(a)

    problem = only(check(Lost))
    assert problem.where == "island"
    assert "'island' of Lost is never entered" in problem.what
    assert problem.line == line_of(Lost, "island = State()")
    assert problem.file == __file__
    assert str(problem).startswith(f"{__file__}:{problem.line}: ")


def test_an_initial_state_that_is_always_passed_by_is_unreachable():
    class Passed(Lenient):
        a = State(initial=True)

        class inner(State.Compound):
            x = State(initial=True)
            y = State()
            forth = x.to(y)

        go = a.to(inner.y)
        back = inner.to(a)

    assert only(check(Passed)).where == "x"


def test_a_dead_end_that_is_not_final_is_found():
    class Stuck(Lenient):
        a = State(initial=True)
        b = State()
        go = a.to(b)

    assert only(check(Stuck)).what == "State 'b' of Stuck has no way out and is not final."


def test_a_state_that_leads_only_to_itself_is_a_dead_end_where_there_is_an_end():
    class Trapped(Lenient):
        class inner(State.Compound):
            a = State(initial=True)
            b = State()
            go = a.to(b)
            again = b.to.itself()
            note = b.to.itself(internal=True)

        c = State(final=True)
        out = inner.a.to(c)

    said = only(check(Trapped)).what
    assert said == "State 'b' of Trapped leads only to itself and is not final."


def test_a_chart_without_an_end_may_stay_in_one_state():
    class Tally(Lenient):
        a = State(initial=True)
        add = a.to.itself(internal=True)

    assert check(Tally) == []


def test_a_state_whose_parent_has_a_way_out_is_no_dead_end():
    class Fine(Lenient):
        class inner(State.Compound):
            x = State(initial=True)

        b = State(final=True)
        go = inner.to(b)

    assert check(Fine) == []


def test_a_history_state_must_lead_to_a_state_when_there_is_nothing_to_remember():
    class Lost(Lenient):
        class work(State.Compound):
            open = State(initial=True)
            done = State()
            close = open.to(done) | done.to(open)
            past = HistoryState()
            nowhere = past.to.itself(internal=True)

        away = State()
        leave = work.to(away)
        back = away.to(work.past)

    problem = only(check(Lost))
    assert "'past'" in str(problem)
    assert "leads to no other state" in str(problem)


def test_a_transition_behind_an_unguarded_one_is_never_taken():
    class Behind(Lenient):
        a = State(initial=True)
        b = State(final=True)
        c = State(final=True)
        go = a.to(b) | a.to(c, cond="may")
        other = a.to(c)

        def may(self): ...

    problem = only(check(Behind))
    assert problem.where == "a -> 'c'"
    assert problem.line == line_of(Behind, "go = ")


@pytest.mark.parametrize("guard", ["cond", "unless", "validators"])
def test_a_guard_on_the_first_lets_the_second_be_taken(guard):
    class Guarded(Lenient):
        a = State(initial=True)
        b = State(final=True)
        c = State(final=True)
        go = a.to(b, **{guard: "may"}) | a.to(c)

        def may(self): ...

    assert check(Guarded) == []


def test_an_event_for_all_hides_those_after_it():
    class Wild(Lenient):
        a = State(initial=True)
        b = State(final=True)
        a.to(b, event="*")
        go = a.to(b)

    assert "by 'go' is never taken" in only(check(Wild)).what


def test_what_holds_for_any_state_may_be_overruled():
    class Overruled(Lenient):
        a = State(initial=True)
        b = State()
        end = State(final=True)
        go = a.to(b)
        cancel = a.to(end) | end.from_.any()

    assert check(Overruled) == []


@pytest.mark.parametrize(
    ("options", "role"),
    [
        ({"cond": "mistaken"}, "a guard"),
        ({"cond": "fine and mistaken"}, "a guard"),
        ({"unless": "mistaken"}, "a guard"),
        ({"validators": "mistaken"}, "a validator"),
        ({"on": "mistaken"}, "an action"),
    ],
)
def test_an_unknown_name_is_found(options, role):
    class Misspelt(Lenient):
        a = State(initial=True)
        b = State(final=True)
        go = a.to(b, **options)

        def fine(self): ...

    problem = only(check(Misspelt))
    assert problem.what == (
        "Misspelt has nothing named 'mistaken', which the transition from 'a' to 'b' uses as "
        f"{role}."
    )
    assert check(Misspelt, known=("mistaken",)) == []


def test_an_unknown_entry_action_is_found():
    class Misspelt(Lenient):
        a = State(initial=True, enter="greet")
        b = State(final=True)
        go = a.to(b)

    problem = only(check(Misspelt))
    assert "state 'a' uses as an entry action" in problem.what
    assert problem.line == line_of(Misspelt, "greet")


def test_a_listener_of_the_class_provides_names():
    class Ears:
        def hears(self): ...

    class Listened(Lenient):
        listeners = (Ears,)
        a = State(initial=True)
        b = State(final=True)
        go = a.to(b, cond="hears")

    assert check(Listened) == []


@pytest.mark.filterwarnings("ignore")
def test_an_event_that_hides_a_method_is_found():
    class Base(Lenient):
        def total(self): ...

    class Hiding(Base):
        a = State(initial=True)
        b = State(final=True)
        total = a.to(b)
        raise_ = a.to(b)

    found = {problem.where: problem.what for problem in check(Hiding)}
    assert found == {
        "total": "The event 'total' of Hiding hides `Base.total`.",
        "raise_": "The event 'raise_' of Hiding hides `StateChart.raise_`.",
    }


def test_an_inherited_event_hides_nothing():
    class Base(Lenient):
        a = State(initial=True)
        b = State(final=True)
        go = a.to(b)

    class Sub(Base):
        pass

    assert check(Sub) == []


def test_a_parameter_of_an_eventless_transition_that_nothing_provides_is_found():
    class Hungry(Lenient):
        a = State(initial=True)
        b = State(final=True)
        a.to(b, cond="rich")

        def rich(self, amount, source, *, limit=3): ...

    problem = only(check(Hungry))
    assert problem.where == "rich"
    assert "needs 'amount', and nothing provides it" in problem.what
    assert problem.line == line_of(Hungry, "def rich")


def test_what_an_event_could_bring_is_no_problem():
    class Fed(Lenient):
        a = State(initial=True)
        b = State(final=True)
        go = a.to(b, cond="rich")
        a.to(b, cond="patient")

        def rich(self, amount): ...
        def patient(self, amount=0): ...
        def before_go(self, anything): ...

    assert check(Fed) == []


def test_prepare_event_may_provide_anything():
    class Prepared(Lenient):
        a = State(initial=True)
        b = State(final=True)
        a.to(b, cond="rich")

        def prepare_event(self):
            return {"amount": 1}

        def rich(self, amount): ...

    assert check(Prepared) == []


def test_states_that_share_an_id_are_found():
    class Shared(Lenient):
        class left(State.Compound):
            x = State(initial=True, value="left.x")
            turn = x.to.itself()

        class right(State.Compound):
            x = State(initial=True, value="right.x")
            turn = x.to.itself()

        go = left.to(right)
        back = right.to(left)

    assert only(check(Shared)).what.startswith("2 states of Shared have the id 'x'")


def test_a_class_without_states_or_source_is_checked_as_far_as_can_be():
    assert check(CompiledChart) == []
    scope = {"Lenient": Lenient, "State": State}
    exec(
        "class Made(Lenient):\n a = State(initial=True)\n b = State()\n go = a.to(b)",
        scope,
    )
    problem = only(check(scope["Made"]))
    assert (problem.where, problem.file, problem.line) == ("b", None, None)


def test_a_plain_statechart_can_be_checked():
    class Plain(StateChart):
        locals().update(LENIENT)
        a = State(initial=True)
        b = State()
        go = a.to(b)

    assert only(check(Plain)).where == "b"


def test_a_circle_of_eventless_transitions_without_a_guard_is_named_once():
    class Round(Lenient):
        a = State(initial=True)
        b = State()
        c = State()
        d = State(final=True)
        go = a.to(b)
        b.to(c)
        c.to(b)
        leave = b.to(d)

    problem = only(check(Round))
    assert problem.where == "b"
    assert "lead through 'b', 'c' and round again" in problem.what
    assert problem.line == line_of(Round, "b = ")


def test_a_circle_that_a_guard_can_break_is_left_alone():
    class Guarded(Lenient):
        a = State(initial=True)
        b, c = State(), State(final=True)
        a.to(b)
        b.to(c, cond="enough")
        b.to(a)

        def enough(self):
            return True

    assert check(Guarded) == []


def test_an_eventless_transition_to_its_own_state_is_a_circle():
    class Itself(Lenient):
        a = State(initial=True)
        a.to.itself(internal=True)
        leave = a.to(a)

    assert only(check(Itself)).where == "a"


def test_a_circle_through_a_compound_and_a_parallel_state_is_found():
    class Deep(Lenient):
        class outer(State.Parallel):
            class left(State.Compound):
                one = State(initial=True)

            class right(State.Compound):
                two = State(initial=True)

        begin = State(initial=True)
        back = State()
        go = begin.to(outer)
        outer.to(back)
        back.to(outer)

    assert "'one+two', 'back'" in only(check(Deep)).what


def test_a_circle_in_a_region_that_another_region_may_end_is_left_alone():
    class Ended(Lenient):
        class work(State.Parallel):
            class watch(State.Compound):
                look = State(initial=True)

            class turn(State.Compound):
                one = State(initial=True)
                two = State()
                one.to(two)
                two.to(one)

        over = State(final=True)
        work.watch.look.to(over, cond="enough")
        stop = work.to(over)

        def enough(self):
            return True

    assert check(Ended) == []
