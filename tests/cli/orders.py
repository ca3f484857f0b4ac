"""The workflow that the tests of the command line drive."""

from __future__ import annotations

import os
import signal

from repertory.actors import Event, State, Workflow


class Order(Workflow):
    """An order, from basket to doorstep."""

    basket = State(initial=True)
    paid = State()
    shipped = State(final=True)
    pay = Event(basket.to(paid, cond="covers_total"), name="Pay the order")
    ship = Event(paid.to(shipped), name="Ship it")
    drop = Event(basket.to(shipped, on="stumble"), name="Drop the parcel")
    interrupt = Event(basket.to(paid, on="press_ctrl_c"))

    class Context:
        total: int = 30
        received: int = 0

    def covers_total(self, amount: int | str | None = None) -> bool:
        return int(amount or 30) >= self.context.total

    def on_pay(self, amount: int | str | None = None) -> str:
        self.context.received = int(amount or 30)
        return f"received {self.context.received}"

    def stumble(self) -> None:
        raise OSError("the van is\nstuck")

    def press_ctrl_c(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)
