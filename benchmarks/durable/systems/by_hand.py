"""What one writes by hand with Pykka, python-statemachine and Peewee, in an afternoon.

A thread for each workflow, one actor that writes, and a transaction for each step. A second
form, `by_hand_batched`, has the writer take all that waits in its mailbox into one transaction.
"""

from __future__ import annotations

import queue
import time
from pathlib import Path
from time import perf_counter
from typing import Any

import peewee
import pykka
from statemachine import State, StateMachine

from benchmarks.durable.pace import pace

DISTRIBUTIONS = ("pykka", "python-statemachine", "peewee")

database = peewee.SqliteDatabase(None, pragmas={"journal_mode": "wal", "synchronous": 2})


class Workflow(peewee.Model):
    id = peewee.TextField(primary_key=True)
    state = peewee.TextField()
    count = peewee.IntegerField()

    class Meta:
        database = database


class Transition(peewee.Model):
    workflow = peewee.ForeignKeyField(Workflow)
    sequence = peewee.IntegerField()
    at = peewee.FloatField()
    event = peewee.TextField()
    data = peewee.TextField()
    source = peewee.TextField()
    target = peewee.TextField()
    count = peewee.IntegerField()

    class Meta:
        database = database
        indexes = ((("workflow", "sequence"), True),)


class Toggle(StateMachine):
    off = State(initial=True)
    on = State()
    flip = off.to(on) | on.to(off)

    def __init__(self) -> None:
        self.count = 0
        super().__init__()

    def on_flip(self, amount: int) -> None:
        self.count += amount


class Writer(pykka.ThreadingActor):
    """Writes a step in a transaction of its own."""

    def on_receive(self, message: dict[str, Any]) -> None:
        with database.atomic():
            write(message)


class BatchingWriter(pykka.ThreadingActor):
    """Writes all steps that wait in one transaction."""

    def on_receive(self, message: dict[str, Any]) -> None:
        waiting = []
        with database.atomic():
            write(message)
            for _ in range(1000):
                try:
                    envelope = self.actor_inbox.get_nowait()  # type: ignore[attr-defined]  # queue
                except queue.Empty:
                    break
                if not isinstance(envelope.message, dict):
                    self.actor_inbox.put(envelope)  # its stop
                    break
                write(envelope.message)
                waiting.append(envelope)
        for envelope in waiting:
            envelope.reply_to.set(None)


def write(step: dict[str, Any]) -> None:
    Transition.insert(step).execute()
    Workflow.update(state=step["target"], count=step["count"]).where(
        Workflow.id == step["workflow"]
    ).execute()


class WorkflowActor(pykka.ThreadingActor):
    def __init__(self, id: str, writer: pykka.ActorRef[Any]) -> None:
        super().__init__()
        self.id = id
        self.writer = writer
        self.chart = Toggle()
        self.sequence = 0

    def on_receive(self, message: tuple[str, int]) -> None:
        event, amount = message
        source = next(iter(self.chart.configuration)).id
        self.chart.send(event, amount=amount)
        self.sequence += 1
        step = {
            "workflow": self.id,
            "sequence": self.sequence,
            "at": time.time(),
            "event": event,
            "data": f'{{"amount":{amount}}}',
            "source": source,
            "target": next(iter(self.chart.configuration)).id,
            "count": self.chart.count,
        }
        self.writer.ask(step)


def many(
    folder: Path, workflows: int, events: int, writer: type[pykka.ThreadingActor] = Writer
) -> dict[str, float]:
    refs = _open(folder, workflows, writer)
    began = perf_counter()
    answers = [ref.ask(("flip", 1), block=False) for _ in range(events) for ref in refs]
    for answer in answers:
        answer.get()
    seconds = perf_counter() - began
    pykka.ActorRegistry.stop_all()
    return {"rate": workflows * events / seconds}


def one(folder: Path, events: int, writer: type[pykka.ThreadingActor] = Writer) -> dict[str, float]:
    (ref,) = _open(folder, 1, writer)
    figures = pace(lambda: ref.ask(("flip", 1)), events)
    pykka.ActorRegistry.stop_all()
    return figures


def _open(folder: Path, workflows: int, writer: type[pykka.ThreadingActor]) -> list[Any]:
    database.init(str(folder / "by_hand.db"))
    database.connect()
    database.create_tables([Workflow, Transition])
    ids = [f"w{n}" for n in range(workflows)]
    with database.atomic():
        Workflow.insert_many({"id": id, "state": "off", "count": 0} for id in ids).execute()
    writing = writer.start()
    return [WorkflowActor.start(id, writing) for id in ids]
