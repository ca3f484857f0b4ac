"""Statecharts to draw: flat, deep, parallel, and awkward."""

from statemachine import HistoryState, State, StateChart


class Flat(StateChart):
    basket = State(initial=True)
    paid = State()
    shipped = State(final=True)
    pay = basket.to(paid, cond="covers_total")
    ship = paid.to(shipped)

    def covers_total(self) -> bool:
        return True


class Life(StateChart):
    idle = State(initial=True)
    running = State()
    paused = State()
    completed = State(final=True)
    failed = State()
    cancelled = State(final=True)
    start = idle.to(running)
    pause = running.to(paused)
    resume = paused.to(running)
    complete = running.to(completed)
    fail = running.to(failed) | paused.to(failed)
    timeout = running.to(failed)
    retry = failed.to(running, cond="may_retry")
    cancel = running.to(cancelled) | paused.to(cancelled)
    rollback = running.to.itself()
    custom = running.to.itself(internal=True) | paused.to.itself(internal=True)

    def may_retry(self) -> bool:
        return True


class Deep(StateChart):
    out = State(initial=True)

    class one(State.Compound, name="Level one"):
        a = State(initial=True)

        class two(State.Compound, name="Level two"):
            b = State(initial=True)

            class three(State.Compound, name="Level three"):
                c = State(initial=True)
                d = State()
                e = State(final=True)
                step = c.to(d) | d.to(e)
                back = d.to(c)

            f = State(final=True)
            down = b.to(three)
            done_state_three = three.to(f)
            bail = three.c.to(f)

        dive = a.to(two)

    lost = State()
    end = State(final=True)
    begin = out.to(one)
    crash = one.two.three.d.to(lost)
    recover = lost.to(one.two.b)
    leap = out.to(one.two.three.c)
    restart = one.two.three.d.to(one)
    again = one.to.itself()
    finish = one.to(end)
    lost.to(end, cond="given_up")

    def given_up(self) -> bool:
        return False


class Review(StateChart):
    draft = State(initial=True)

    class review(State.Parallel, name="In review"):
        class legal(State.Compound):
            reading = State(initial=True)
            signed = State(final=True)
            resumed = HistoryState()
            sign = reading.to(signed)

        class technical(State.Compound):
            testing = State(initial=True)
            passed = State(final=True)
            deep = HistoryState(type="deep")
            approve = testing.to(passed, cond=lambda: True)
            ping = testing.to.itself()

        retry_all = legal.signed.to(technical.testing)

    hold = State("On hold")
    done = State(final=True)
    submit = draft.to(review)
    pause = review.to(hold)
    resume = hold.to(review.legal.resumed) | hold.to(review.technical.deep, cond="tech_only")
    done_state_review = review.to(done)

    def tech_only(self) -> bool:
        return False


class Awkward(StateChart):
    state = State('a "b"; <c> & {d}: #e', initial=True)
    end = State("ünïcode 漢字")
    note = State("\x00 control")
    go = state.to(end, cond="note_is and not other") | end.to(note) | note.to(state)

    def note_is(self) -> bool:
        return True

    def other(self) -> bool:
        return False


SAMPLES = [Flat, Life, Deep, Review, Awkward]
