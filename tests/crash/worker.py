"""A process that is going to be killed: many senders, many workflows, one store.

Run as `python worker.py STORE ROUND`. It writes a line for each answer that it got, "KEY", at once;
so each line is an acknowledgement that a user has seen.
"""

from __future__ import annotations

import os
import random
import sys
import threading

from repertory.actors import ActorSystem, State, Workflow
from repertory.actors.errors import WorkflowExists

SENDERS = 4
WORKFLOWS = 6


class Account(Workflow):
    """Keeps every amount that it was given, and passes some on to another account."""

    open = State(initial=True)
    put = open.to.itself(internal=True)
    transfer = open.to.itself(internal=True)
    receive = open.to.itself(internal=True)

    class Context:
        balance: int = 0
        keys: list[str] = []
        sent: list[str] = []
        received: list[str] = []

    def on_put(self, amount: int, name: str) -> None:
        self.context.balance += amount
        self.context.keys.append(name)

    def on_transfer(self, to: str, amount: int, name: str) -> None:
        self.context.balance -= amount
        self.context.keys.append(name)
        self.context.sent.append(name)
        self.tell(to, Account.receive, amount=amount, name=name)

    def on_receive(self, amount: int, name: str) -> None:
        self.context.balance += amount
        self.context.received.append(name)


def send(system: ActorSystem, sender: int, round_number: int) -> None:
    choose = random.Random(f"{round_number}-{sender}")
    number = 0
    while True:
        window = []
        for _ in range(choose.choice([1, 1, 5, 20])):
            number += 1
            key = f"{round_number}-{sender}-{number}"
            account = system.get(f"account-{choose.randrange(WORKFLOWS)}")
            event, data = "put", {"amount": 1, "name": key}
            if choose.random() < 0.5:
                event = "transfer"
                data = {**data, "to": f"account-{choose.randrange(WORKFLOWS)}"}
            # Half of them are sent twice, as by a sender that was unsure.
            for _ in range(choose.choice([1, 2])):
                future = account.ask(event, data, key=key, block=False)
            window.append((f"{account.id} {key}", future))
        for line, future in window:
            future.get()
            os.write(1, f"{line}\n".encode())


def main(path: str, round_number: int) -> None:
    with ActorSystem(path) as system:
        for n in range(WORKFLOWS):
            try:
                system.start(Account, id=f"account-{n}")
            except WorkflowExists:
                continue
        senders = [
            threading.Thread(target=send, args=(system, n, round_number)) for n in range(SENDERS)
        ]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
