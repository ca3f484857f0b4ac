"""A teller has money moved between accounts; an account waits for the other one's receipt."""

from typing import Any

from benchmarks.savina.case import Case
from benchmarks.savina.role import START, Role
from benchmarks.savina.work import Dice

BALANCE = 1_000_000


class Teller(Role):
    def setup(self, transfers: int, accounts: int) -> None:
        self.transfers, self.count = transfers, accounts
        self.done = 0
        self.balances: list[int] = []

    def receive(self, message: Any) -> None:
        if message == START:
            self.accounts = [self.spawn(Account) for _ in range(self.count)]
            dice = Dice(123456)
            for _ in range(self.transfers):
                # From a lower to a higher one, as in Savina: no ring of waiting accounts.
                source = dice.roll(self.count * 8 // 10 or 1)
                target = source + 1 + dice.roll(max(1, self.count - source - 1))
                account = self.accounts[target % self.count]
                self.accounts[source].tell(("credit", 1 + dice.roll(100), account, self.me))
        elif message[0] == "done":
            self.done += 1
            if self.done == self.transfers:
                for account in self.accounts:
                    account.tell(("report", self.me))
        else:
            self.balances.append(message[1])
            if len(self.balances) == self.count:
                moved = any(balance != BALANCE for balance in self.balances)
                self.finish((sum(self.balances), moved))


class Account(Role):
    awaits = True
    answers = True

    def setup(self) -> None:
        self.balance = BALANCE

    def receive(self, message: Any) -> Any:
        kind = message[0]
        if kind == "credit":
            _, amount, target, teller = message
            self.balance -= amount
            if self.ask(target, ("debit", amount)) != amount:
                raise AssertionError("A receipt for another amount.")
            teller.tell(("done",))
            return None
        return self.answer(message)

    async def receive_awaiting(self, message: Any) -> Any:
        kind = message[0]
        if kind == "credit":
            _, amount, target, teller = message
            self.balance -= amount
            if await self.ask(target, ("debit", amount)) != amount:
                raise AssertionError("A receipt for another amount.")
            teller.tell(("done",))
            return None
        return self.answer(message)

    def answer(self, message: Any) -> Any:
        if message[0] == "debit":
            self.balance += message[1]
            return message[1]
        message[1].tell(("balance", self.balance))
        return None


CASE = Case(
    name="bank-transaction",
    measures="handlers that wait for another actor's answer",
    main=Teller,
    sizes={"transfers": 10_000, "accounts": 1_000},
    scaled="transfers",
    savina="50,000 transfers, 1,000 accounts",
    unit="transfer",
    operations=lambda transfers, accounts: transfers,
    actors=lambda transfers, accounts: accounts + 1,
    expected=lambda transfers, accounts: (accounts * BALANCE, True),
    asks=True,
)
