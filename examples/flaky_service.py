"""A service that fails now and then: tried again by policy, asked under one key, paid once."""

from __future__ import annotations

from repertory.actors import (
    ActorSystem,
    RetryPolicy,
    State,
    Workflow,
    activity,
    current_activity,
)


class Bank:
    """Somebody else's service. It fails at first, but for the second time after it has paid."""

    def __init__(self) -> None:
        self.calls = 0
        self.payments: dict[str, int] = {}

    def pay(self, amount: int, key: str) -> str:
        self.calls += 1
        if self.calls == 1:
            raise ConnectionError("no route to the bank")
        self.payments[key] = amount  # the same key again pays nothing more
        if self.calls == 2:
            raise TimeoutError("the line went dead")
        return f"paid {amount}"


bank = Bank()


@activity(retry=RetryPolicy(first=0.05, attempts=5), timeout=10)
def pay(amount: int) -> str:
    """Pay, under a key that stays the same however often it takes."""
    here = current_activity()
    print(f"attempt {here.attempt}")
    return bank.pay(amount, here.key)


class Invoice(Workflow):
    """Is paid as soon as it is approved."""

    open = State(initial=True)
    paying = State(invoke=pay)
    paid = State(final=True)
    stuck = State()
    approve = open.to(paying)
    done_invoke_paying = paying.to(paid)
    error_invoke_paying = paying.to(stuck)
    again = stuck.to(paying)

    class Context:
        amount: int
        receipt: str = ""

    def on_done_invoke_paying(self, data: str) -> None:
        self.context.receipt = data


def main() -> None:
    with ActorSystem("invoices.db") as system:
        invoice = system.start(Invoice, id="invoice-1", context={"amount": 120})
        invoice.ask(Invoice.approve)
        done = invoice.wait_for(Invoice.paid, timeout=60)
        print(done.context.receipt, [*bank.payments.values()])
        for step in invoice.history():
            print(step.sequence, step.event, step.activities_started, step.activity)


if __name__ == "__main__":
    main()
