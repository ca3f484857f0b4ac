"""A barber who sleeps while his waiting room is empty; customers who come back when it is full."""

from collections import deque
from typing import Any

from benchmarks.savina.case import Case
from benchmarks.savina.role import START, Ref, Role
from benchmarks.savina.work import busy

HAIRCUT, ARRIVAL = 50, 20
"""Steps of work for a haircut, and between two customers who come."""


class Street(Role):
    def setup(self, haircuts: int, seats: int) -> None:
        self.haircuts, self.seats = haircuts, seats
        self.done = 0

    def receive(self, message: Any) -> None:
        if message == START:
            barber = self.spawn(Barber)
            self.room = self.spawn(WaitingRoom, self.seats, barber)
            for _ in range(self.haircuts):
                customer = self.spawn(Customer, self.me)
                self.room.tell(("enter", customer))
                busy(ARRIVAL)
        elif message[0] == "returned":
            self.room.tell(("enter", message[1]))
        else:
            self.done += 1
            if self.done == self.haircuts:
                self.finish(self.done)


class WaitingRoom(Role):
    def setup(self, seats: int, barber: Ref) -> None:
        self.seats, self.barber = seats, barber
        self.waiting: deque[Ref] = deque()
        self.barber_sleeps = True

    def receive(self, message: Any) -> None:
        if message[0] == "enter":
            if len(self.waiting) == self.seats:
                message[1].tell("full")
                return
            self.waiting.append(message[1])
            if self.barber_sleeps:
                self.barber_sleeps = False
                self.me.tell(("next",))
            else:
                message[1].tell("wait")
        elif self.waiting:
            self.barber.tell(("enter", self.waiting.popleft(), self.me))
        else:
            self.barber.tell(("wait",))
            self.barber_sleeps = True


class Barber(Role):
    def receive(self, message: Any) -> None:
        if message[0] == "enter":
            customer, room = message[1], message[2]
            customer.tell("begins")
            busy(HAIRCUT)
            customer.tell("done")
            room.tell(("next",))


class Customer(Role):
    def setup(self, street: Ref) -> None:
        self.street = street

    def receive(self, message: Any) -> None:
        if message == "full":
            self.street.tell(("returned", self.me))
        elif message == "done":
            self.street.tell(("done",))
            self.leave()


CASE = Case(
    name="sleeping-barber",
    measures="a queue with refusals; an actor for each customer",
    main=Street,
    sizes={"haircuts": 1_000, "seats": 200},
    scaled="haircuts",
    savina="5,000 haircuts, 1,000 seats",
    unit="haircut",
    operations=lambda haircuts, seats: haircuts,
    actors=lambda haircuts, seats: haircuts + 3,
    expected=lambda haircuts, seats: haircuts,
)
