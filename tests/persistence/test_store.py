"""The contract, over every store."""

from __future__ import annotations

import msgspec
import pytest
from repertory.persistence.errors import (
    HistoryTrimmed,
    RollbackFailed,
    SerializationFailed,
    StaleStep,
    WorkflowExists,
)
from repertory.persistence.records import Message, Retention
from repertory.persistence.recovery import BLANK, fold, position, recover


def test_a_committed_workflow_is_found_as_it_was_written(store, author):
    order = author().write(6, key=None, history={"h": ("basket",)})
    assert store.find("order-7") == order.record
    stored = store.load("order-7")
    assert stored.record == order.record
    assert stored.checkpoint.sequence == 4
    assert [entry.sequence for entry in stored.entries] == [5, 6]
    assert store.find("order-8") is None
    assert store.load("order-8") is None
    assert store.find("\ud800") is None


def test_entries_come_back_equal_and_numbered_in_the_order_of_commits(store, author):
    one, two = author("one"), author("two")
    steps = [one.step(total=1), two.step(total=2), one.step(data={"a": 1}, key="k"), two.step()]
    assert list(store.commit(steps)) == [None] * 4
    kept = store.entries(one.record.number) + store.entries(two.record.number)
    assert [msgspec.structs.replace(e, id=0) for e in kept] == [
        steps[i].entry for i in (0, 2, 1, 3)
    ]
    ids = [e.id for e in kept]
    assert sorted(ids) == [ids[0], ids[2], ids[1], ids[3]]


def test_what_a_version_of_a_class_is_is_kept_until_it_is_something_else(store):
    assert store.definitions() == {}
    store.define("Order", 1, b'{"a":1}')
    store.define("Order", 2, b'{"a":2}')
    store.define("Order", 1, b'{"a":3}')
    assert store.definitions() == {("Order", 1): b'{"a":3}', ("Order", 2): b'{"a":2}'}


def test_entries_of_all_workflows_are_read_in_the_order_of_their_commits(store, author):
    assert store.entry_range() == (1, 0)
    assert store.committed(after=0, first=10) == []
    one, two = author("one"), author("two")
    for _ in range(3):
        one.write()
        two.write()
    found = store.committed(after=0, first=100)
    assert [(record.id, entry.sequence) for record, entry in found] == [
        (id, sequence) for sequence in (1, 2, 3) for id in ("one", "two")
    ]
    ids = [entry.id for _, entry in found]
    assert ids == list(range(ids[0], ids[0] + 6)), "without a gap, so that one can be seen"
    assert store.entry_range() == (ids[0], ids[-1])
    assert [entry.id for _, entry in store.committed(after=ids[1], first=2)] == ids[2:4]
    assert found[-1] == (store.find("two"), store.entries(two.record.number)[-1])


def test_entries_that_are_gone_leave_a_gap_that_is_never_filled(store, author):
    author("one").write(6)
    author("two").write(2)
    store.trim(Retention(count=2), 0)
    assert [entry.id for _, entry in store.committed(after=0, first=9)] == [5, 6, 7, 8]
    assert store.entry_range() == (5, 8)
    store.remove("one")
    store.remove("two")
    assert store.committed(after=0, first=9) == []
    assert store.entry_range() == (9, 8)
    author("three").write()
    assert [entry.id for _, entry in store.committed(after=0, first=9)] == [9]


def test_cursors_are_kept_by_name(store):
    assert store.cursors() == {}
    store.move_cursor("mail", 3)
    store.move_cursor("log", 1)
    store.move_cursor("mail", 7)
    assert store.cursors() == {"mail": 7, "log": 1}
    assert store.remove_cursor("log") and not store.remove_cursor("log")
    assert store.cursors() == {"mail": 7}


def test_recovery_is_the_last_checkpoint_and_equals_a_replay_of_all(store, author):
    order = author(every=5).write(13)
    here = recover(store.load("order-7"))
    assert here == fold(BLANK, store.entries(order.record.number))
    assert msgspec.json.decode(here.context) == order.context
    assert here.chart == order.chart
    assert here.checksum == order.previous


def test_position_gives_any_step_and_none_that_never_was(store, author):
    order = author().write(9)
    for sequence in range(1, 10):
        there = position(store, order.record, sequence)
        assert there.sequence == sequence
        assert msgspec.json.decode(there.context) == {"total": sequence - 1}
    with pytest.raises(RollbackFailed, match=r"no step 10; its last is 9"):
        position(store, order.record, 10)
    with pytest.raises(RollbackFailed):
        position(store, order.record, 0)


def test_a_taken_id_refuses_the_creation_and_what_follows_on_it(store, author):
    author("one").write(2)
    other, fine = author("one"), author("two")
    verdicts = store.commit([other.step(), fine.step(), other.step(), fine.step()])
    assert [type(v) for v in verdicts] == [WorkflowExists, type(None), StaleStep, type(None)]
    assert verdicts[0].workflow_id == "one"
    assert store.find("one").sequence == 2
    assert store.find("two").sequence == 2


def test_a_stale_step_and_those_that_build_on_it_are_left_out(store, author):
    order, fine = author("one").write(2), author("two").write(1)
    again = order.step()
    store.commit([again])
    follows = order.step()
    verdicts = store.commit([again, fine.step(), follows])
    assert [type(v) for v in verdicts] == [StaleStep, type(None), type(None)]
    beyond = msgspec.structs.replace(follows.entry, sequence=9)
    gap = msgspec.structs.replace(follows, entry=beyond)
    verdicts = store.commit([gap, fine.step()])
    assert [type(v) for v in verdicts] == [StaleStep, type(None)]
    assert store.find("one").sequence == 4
    assert len(store.entries(order.record.number)) == 4


def test_a_used_key_refuses_the_step_and_is_found_again(store, author):
    order = author().write(1).write(1, key="pay-7")
    verdicts = store.commit([order.step(key="pay-7"), order.step()])
    assert [type(v) for v in verdicts] == [StaleStep, StaleStep]
    assert "'pay-7' was used before" in str(verdicts[0])
    assert store.find_key(order.record.number, "pay-7").sequence == 2
    assert store.find_key(order.record.number, "pay-8") is None
    other = author("other").write(1).write(1, key="pay-7")
    assert store.find_key(other.record.number, "pay-7").sequence == 2


def test_a_key_used_twice_in_one_batch_refuses_the_second(store, author):
    order = author().write(1)
    verdicts = store.commit([order.step(key="k"), order.step(key="k")])
    assert [type(v) for v in verdicts] == [type(None), StaleStep]


@pytest.mark.parametrize(
    "given",
    [
        *({"key": "\ud800"}, {"event": "\udfff"}, {"target": ("\ud800",)}, {"duration": 2**63}),
        *({"data": b'"\xff"'}, {"result": b"\xff"}),
    ],
)
def test_what_cannot_be_written_refuses_its_step_alone(store, author, given):
    bad, fine = author("one").write(1), author("two").write(1)
    step = bad.step()
    step = msgspec.structs.replace(step, entry=msgspec.structs.replace(step.entry, **given))
    assert [type(v) for v in store.commit([step])] == [SerializationFailed]
    verdicts = store.commit([step, fine.step()])
    assert [type(v) for v in verdicts] == [SerializationFailed, type(None)]
    assert store.find("one").sequence == 1
    assert store.find("two").sequence == 2


@pytest.mark.parametrize(
    "given", [{"version": 2**70}, {"updated_at": -(2**70)}, {"configuration": ("\ud800",)}]
)
def test_a_record_that_cannot_be_written_refuses_its_step_alone(store, author, given):
    bad, fine = author("one").write(1), author("two").write(1)
    step = bad.step()
    step = msgspec.structs.replace(step, record=msgspec.structs.replace(step.record, **given))
    assert [type(v) for v in store.commit([step])] == [SerializationFailed]
    verdicts = store.commit([step, fine.step()])
    assert [type(v) for v in verdicts] == [SerializationFailed, type(None)]
    assert (store.find("one").sequence, store.find("two").sequence) == (1, 2)


@pytest.mark.parametrize(("receiver", "event"), [("\ud800", "pay"), ("order-8", "\udfff")])
def test_a_message_that_cannot_be_written_refuses_its_step_alone(store, author, receiver, event):
    bad, fine = author("one").write(1), author("two").write(1)
    message = Message(store.allocate_message(), "one", 2, receiver, event, None, 0, None)
    verdicts = store.commit([msgspec.structs.replace(bad.step(), sends=(message,)), fine.step()])
    assert [type(v) for v in verdicts] == [SerializationFailed, type(None)]
    assert "half a surrogate pair" in str(verdicts[0])
    assert store.messages() == []
    assert store.find("two").sequence == 2


def test_a_workflow_whose_id_cannot_be_written_is_refused(store, author):
    (verdict,) = store.commit([author("order-\ud800").step()])
    assert isinstance(verdict, SerializationFailed)
    assert "give other text" in str(verdict)
    assert store.list() == []


def test_a_key_that_cannot_be_written_was_never_used(store, author):
    assert store.find_key(author().write(1).record.number, "\ud800") is None


def test_a_creation_without_its_checkpoint_is_refused(store, author):
    step = msgspec.structs.replace(author().step(), checkpoint=None)
    (verdict,) = store.commit([step])
    assert "has no checkpoint" in str(verdict)
    assert store.find("order-7") is None


def test_numbers_are_given_out_once_even_after_removal(store, author):
    last = author("one").write(3)
    assert store.remove("one")
    assert not store.remove("one")
    assert store.find("one") is None
    assert store.entries(last.record.number) == []
    assert store.checkpoints(last.record.number) == []
    assert store.allocate() > last.record.number
    again = author("one").write(1)
    assert store.entries(again.record.number)[0].id > 3


def test_listing_filters_and_pages(store, author):
    for number in range(12):
        order = author(f"o{number}", "Order" if number % 3 else "Parcel")
        order.write(1, target=("basket",))
        if number % 2:
            order.write(1, target=("paid", "packing"), finished=number % 4 == 1)

    def ids(**given):
        return [record.id for record in store.list(**given)]

    assert ids() == [f"o{number}" for number in range(12)]
    assert ids(type="Parcel") == ["o0", "o3", "o6", "o9"]
    assert ids(states=["packing"]) == ["o1", "o3", "o5", "o7", "o9", "o11"]
    assert ids(states=["pack"]) == []
    assert ids(finished=True) == ["o1", "o5", "o9"]
    assert ids(finished=False, type="Parcel") == ["o0", "o3", "o6"]
    assert ids(states=["paid"], limit=2) == ["o1", "o3"]
    page = store.list(states=["paid"], limit=2)
    assert ids(states=["paid"], limit=3, after=page[-1].number) == ["o5", "o7", "o9"]
    assert ids(limit=0) == []
    assert ids(after=10**30) == []
    assert [record.id for record in store.all()] == ids()
    assert ids(states=["packing", "paid"], limit=2) == ["o1", "o3"]
    assert ids(states=["packing", "basket"]) == []
    assert store.tally() == {
        ("Order", ("basket",)): 4,
        ("Order", ("paid", "packing")): 4,
        ("Parcel", ("basket",)): 2,
        ("Parcel", ("paid", "packing")): 2,
    }


def test_entries_by_range(store, author):
    number = author().write(9).record.number

    def sequences(**given):
        return [entry.sequence for entry in store.entries(number, **given)]

    assert sequences() == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert sequences(after=3, upto=6) == [4, 5, 6]
    assert sequences(last=2) == [8, 9]
    assert sequences(upto=6, last=2) == [5, 6]
    assert sequences(after=5, last=7) == [6, 7, 8, 9]
    assert sequences(after=2, first=2) == [3, 4]
    assert sequences(last=0) == []
    assert sequences(upto=10**30, after=8) == [9]
    assert store.checkpoint(number).sequence == 8
    assert store.checkpoint(number, 7).sequence == 4
    assert store.checkpoint(number, 0) is None
    assert store.checkpoint(number + 1) is None


def test_reading_sees_one_state_however_much_is_committed(sqlite, author_in):
    order = author_in(sqlite).write(2)
    with sqlite.reading():
        before = sqlite.find("order-7")
        order.write(2)
        assert sqlite.find("order-7") == before
        assert len(sqlite.entries(before.number)) == 2
    assert sqlite.find("order-7").sequence == 4


def test_trimmed_steps_are_gone_and_say_so(store, author):
    order = author().write(10)
    assert store.trim(Retention(count=3, days=None), 0) == 1
    record = store.find("order-7")
    assert record.first_sequence == 8
    with pytest.raises(HistoryTrimmed) as caught:
        position(store, record, 6)
    assert (caught.value.sequence, caught.value.first_kept) == (6, 8)
    assert position(store, record, 7).sequence == 7
    order.write(1)
    assert store.find("order-7").first_sequence == 8
