"""One actor sends another one many messages, as fast as it can."""

from typing import Any

from benchmarks.savina.case import Case
from benchmarks.savina.role import START, Role


class Producer(Role):
    def setup(self, messages: int) -> None:
        self.messages = messages

    def receive(self, message: Any) -> None:
        if message != START:
            self.finish(message)
            return
        counter = self.spawn(Counter)
        for _ in range(self.messages):
            counter.tell(1)
        counter.tell(self.me)


class Counter(Role):
    def setup(self) -> None:
        self.count = 0

    def receive(self, message: Any) -> None:
        if message == 1:
            self.count += message
        else:
            message.tell(self.count)


CASE = Case(
    name="counting",
    measures="sending to one mailbox and emptying it",
    main=Producer,
    sizes={"messages": 100_000},
    scaled="messages",
    savina="1,000,000 messages",
    unit="message",
    operations=lambda messages: messages,
    actors=lambda messages: 2,
    expected=lambda messages: messages,
)
