"""Two of our workflows that pass a message to and fro."""

from __future__ import annotations

import statistics
from time import perf_counter

from repertory.actors import ActorSystem, State, Workflow


class Ping(Workflow):
    """Sends to another workflow, and waits for what comes back."""

    at_rest = State(initial=True)
    waiting = State()
    serve = at_rest.to(waiting)
    back = waiting.to(at_rest)

    def on_serve(self, to: str) -> None:
        self.tell(to, Pong.hit, sender=self.workflow_id)


class Pong(Workflow):
    """Sends back whatever comes."""

    ready = State(initial=True)
    hit = ready.to.itself()

    def on_hit(self, sender: str) -> None:
        self.tell(sender, Ping.back)


def exchange(system: ActorSystem, rounds: int) -> float:
    """Return the median of the seconds from the event to the durable reply of the other."""
    ping, pong = system.start(Ping, id="ping"), system.start(Pong, id="pong")
    taken = []
    for _ in range(rounds):
        began = perf_counter()
        ping.ask(Ping.serve, to=pong.id)
        ping.wait_for(Ping.at_rest)
        taken.append(perf_counter() - began)
    return statistics.median(taken)
