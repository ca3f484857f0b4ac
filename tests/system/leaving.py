"""Having workflows leave memory, for tests, at the moment that a test chooses."""

from __future__ import annotations

import threading

from repertory.actors import ActorSystem, State, Workflow


class Courier(Workflow):
    """Adds up what it gets, passes things on, and can end in every way."""

    open = State(initial=True)
    shut = State()
    over = State(final=True)

    add = open.to.itself(internal=True)
    send_on = open.to.itself(internal=True) | shut.to.itself(internal=True)
    shutting = open.to(shut)
    opening = shut.to(open)
    end = shut.to(over)
    spoil = open.to(shut)

    class Context:
        total: int = 0
        seen: list[int] = []

    def on_add(self, n: int) -> int:
        self.context.total += n
        self.context.seen.append(n)
        return self.context.total

    def on_send_on(self, to: str, n: int) -> None:
        self.tell(to, "add", n=n)

    def on_spoil(self) -> None:
        self.context.total = -1
        raise ValueError("as asked")


def in_memory(system: ActorSystem) -> list[str]:
    """Return the ids of the workflows in memory."""
    return system._services.activations.ids()


def resting(system: ActorSystem, id: str) -> None:
    """Wait until nobody runs a workflow's actor, should it be in memory."""
    activation = system._services.activations.find(id)
    if activation is None:
        return
    mailbox = activation.ref.actor_inbox
    pause = threading.Event()
    while not mailbox.closed:
        if not mailbox.take_free_turn():
            pause.wait(0.001)
        else:
            busy = bool(mailbox.queue)
            mailbox.release()
            if not busy:
                return


def evict(system: ActorSystem, id: str) -> bool:
    """Have an idle workflow leave memory as a limit does; tell whether it has left."""
    resting(system, id)
    return evict_now(system, id)


def evict_now(system: ActorSystem, id: str) -> bool:
    """The same, without waiting until it is idle."""
    services = system._services
    activation = services.activations.find(id)
    return activation is not None and services.passivation.passivate(id, activation, "limit")
