"""A process is killed with SIGKILL; the next one goes on where the last answer left off."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from repertory.actors import ActorSystem, State, Workflow


class Account(Workflow):
    open = State(initial=True)
    closed = State(final=True)
    deposit = open.to.itself(internal=True)
    close = open.to(closed)

    class Context:
        balance: int = 0

    def on_deposit(self, amount: int) -> int:
        self.context.balance += amount
        return self.context.balance


def work_until_killed(path: str) -> None:
    with ActorSystem(path) as system:
        account = system.start(Account, id="ada")
        for number in range(1, 4):
            account.ask(Account.deposit, amount=100, key=f"deposit-{number}")
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "accounts.db"
        worker = subprocess.run([sys.executable, __file__, str(path)])
        print("the worker died of", signal.Signals(-worker.returncode).name)
        with ActorSystem(path) as system:
            account = system.get("ada")
            print("balance", account.context.balance)
            # Was the last one answered before the lights went out? Send it again: same key.
            print("again", account.ask(Account.deposit, amount=100, key="deposit-3"))
            print("balance", account.context.balance)
            print("problems", system.verify())


if __name__ == "__main__":
    if len(sys.argv) > 1:
        work_until_killed(sys.argv[1])
    else:
        main()
