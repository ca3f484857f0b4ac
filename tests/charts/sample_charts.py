"""Charts that several test modules use."""

from repertory.actors.charts.chart import CompiledChart
from statemachine import HistoryState, State


class Order(CompiledChart):
    """An order that keeps what its callbacks were told."""

    catch_errors_as_events = False
    allow_event_without_transition = False

    basket = State(initial=True)
    paid = State()
    shipped = State(final=True)
    pay = basket.to(paid, cond="covers")
    refund = paid.to(basket)
    ship = paid.to(shipped)
    note = paid.to.itself(internal=True, on="keep") | basket.to.itself(internal=True, on="keep")

    told: tuple = ()

    def covers(self, amount):
        return amount >= 10

    def on_pay(self, amount, source, target):
        self.told = (*self.told, ("pay", amount, source.id, target.id))
        return amount

    def on_exit_paid(self, event, state):
        self.told = (*self.told, ("left", str(event), state.is_active))

    def on_ship(self):
        raise RuntimeError("no van")

    def keep(self, *args, **kwargs):
        self.told = (*self.told, args, sorted(kwargs))


class Player(CompiledChart):
    """A player that goes on where it was stopped."""

    class on(State.Compound):
        class playing(State.Compound):
            slow = State(initial=True)
            fast = State()
            faster = slow.to(fast)
            slower = fast.to(slow)

        resting = State(initial=True)
        where = HistoryState(type="deep")
        play = resting.to(playing)

    off = State()
    stop = on.to(off)
    resume = off.to(on.where)


class Twice(CompiledChart):
    """Takes an eventless transition once its guard allows."""

    ready = False
    a = State(initial=True)
    b = State()
    c = State()
    go = a.to(b)
    b.to(c, cond="ready")
    back = c.to(a)
