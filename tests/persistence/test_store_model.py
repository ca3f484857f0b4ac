"""Random batches over several workflows, compared with the simplest store there is."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from repertory.persistence.errors import StaleStep, WorkflowExists
from repertory.persistence.exchange import export_workflow, import_workflow
from repertory.persistence.memory import MemoryStore
from repertory.persistence.records import Retention
from repertory.persistence.recovery import BLANK, fold, recover
from repertory.persistence.sqlite import SqliteStore
from repertory.persistence.verification import verify

IDS = ["one", "two", "three", "four"]
ids = st.sampled_from(IDS)
moves = st.lists(
    st.tuples(
        ids,
        st.sampled_from(["next", "next", "next", "again", "skip", "create"]),
        st.none() | st.sampled_from(["k1", "k2", "k3"]),
        st.sampled_from([("basket",), ("paid", "packing"), ("shipped",)]),
    ),
    min_size=1,
    max_size=8,
)


class StoreMachine(RuleBasedStateMachine):
    """Commits what an honest system would, and what it would not."""

    kind = "memory"
    author: type

    @initialize()
    def open(self):
        self.directory = tempfile.TemporaryDirectory()
        self.store = self.make()
        # By id: the workflow's author, the entries that the store must have, all ever written.
        self.authors = {}
        self.kept = {}
        self.all = {}

    def make(self):
        if self.kind == "memory":
            return MemoryStore()
        return SqliteStore(Path(self.directory.name) / "orders.db", synchronous="OFF")

    def teardown(self):
        if hasattr(self, "store"):
            self.store.close()
            self.directory.cleanup()

    @rule(moves=moves)
    def commit(self, moves):
        steps, expected = [], []
        behind = {}
        for id, move, key, target in moves:
            known = self.authors.get(id)
            if move == "create" or known is None:
                other = self.author(self.store, id)
                steps.append(other.step(target=target))
                expected.append(None if known is None else WorkflowExists)
                if known is None:
                    self.accept(id, other, steps[-1])
                continue
            if id in behind:
                # The one before was refused, and this builds on it.
                steps.append(behind[id].step(target=target))
                expected.append(StaleStep)
                continue
            ahead = clone(known)
            if move == "skip":
                ahead.step()
            if move == "again":
                steps.append(msgspec.structs.replace(self.last(id)))
                expected.append(WorkflowExists if steps[-1].entry.sequence == 1 else StaleStep)
                continue
            step = ahead.step(target=target, key=key, note=len(steps))
            steps.append(step)
            used = key is not None and key in {entry.key for entry in self.kept[id]}
            if move == "skip" or used:
                expected.append(StaleStep)
                behind[id] = ahead
            else:
                expected.append(None)
                self.accept(id, ahead, step)
        verdicts = self.store.commit(steps)
        assert [None if v is None else type(v) for v in verdicts] == expected

    def accept(self, id, author, step):
        self.authors[id] = author
        author.last = step
        self.kept.setdefault(id, []).append(step.entry)
        self.all.setdefault(id, []).append(step.entry)

    def last(self, id):
        return self.authors[id].last

    @rule(id=ids)
    def remove(self, id):
        assert self.store.remove(id) == (id in self.authors)
        for known in (self.authors, self.kept, self.all):
            known.pop(id, None)

    @rule(count=st.integers(1, 6))
    def trim(self, count):
        long = [id for id, entries in self.kept.items() if len(entries) > count]
        assert self.store.trim(Retention(count=count, days=None), 0) == len(long)
        for id in long:
            self.kept[id] = self.kept[id][-count:]

    @rule(id=ids)
    def move_out_and_in(self, id):
        if id in self.authors:
            document = export_workflow(self.store, id)
            self.store.remove(id)
            record = import_workflow(self.store, document)
            author = self.authors[id]
            author.record = msgspec.structs.replace(author.record, number=record.number)
            last = author.last
            author.last = msgspec.structs.replace(last, record=author.record)
            assert export_workflow(self.store, id) == document

    @rule()
    def reopen(self):
        if self.kind == "sqlite":
            self.store.close()
            self.store = self.make()
            for author in self.authors.values():
                author.store = self.store

    @invariant()
    def the_store_has_what_was_accepted_and_nothing_else(self):
        if not hasattr(self, "store"):
            return
        assert [record.id for record in self.store.all()] == sorted(
            self.authors, key=lambda id: self.authors[id].record.number
        )
        tally = {}
        for id in IDS:
            author = self.authors.get(id)
            if author is None:
                assert self.store.find(id) is None
                continue
            record = self.store.find(id)
            first = self.kept[id][0].sequence
            assert record == msgspec.structs.replace(author.record, first_sequence=first)
            entries = self.store.entries(record.number)
            assert [msgspec.structs.replace(e, id=0) for e in entries] == self.kept[id]
            for key in ("k1", "k2", "k3"):
                found = self.store.find_key(record.number, key)
                assert (found is not None) == any(e.key == key for e in self.kept[id])
            assert recover(self.store.load(id)) == fold(BLANK, self.all[id])
            stands = record.type, record.configuration
            tally[stands] = tally.get(stands, 0) + 1
        assert self.store.tally() == tally
        for state in ("basket", "packing", "shipped"):
            assert [r.id for r in self.store.list(states=[state])] == [
                r.id for r in self.store.all() if state in r.configuration
            ]
        assert list(verify(self.store)) == []


def clone(author):
    copy = object.__new__(type(author))
    copy.__dict__.update(author.__dict__)
    return copy


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_store_takes_and_refuses_as_the_model_does(kind, author_in):
    machine = type("Machine", (StoreMachine,), {"kind": kind, "author": author_in})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=40, stateful_step_count=20, deadline=None)
    )
