"""Retention: what goes, what stays, and that what stays is whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from repertory.persistence.exchange import export_workflow, import_workflow
from repertory.persistence.records import Retention
from repertory.persistence.recovery import position, recover
from repertory.persistence.retention import cut
from repertory.persistence.verification import verify

DAY = 86_400_000_000


def kept(store, order):
    return [entry.sequence for entry in store.entries(order.record.number)]


@pytest.mark.parametrize("count", [0, 1, 3, 5, 9, 10, 11])
def test_retention_by_count_keeps_the_last_so_many(store, author, count):
    order = author().write(10)
    before = recover(store.load("order-7"))
    trimmed = store.trim(Retention(count=count, days=None), 0)
    assert trimmed == (count < 10)
    stay = max(count, 1)
    assert kept(store, order) == list(range(max(1, 11 - stay), 11))
    record = store.find("order-7")
    assert record.first_sequence == kept(store, order)[0]
    assert list(verify(store)) == []
    assert recover(store.load("order-7")) == before
    for sequence in range(max(1, record.first_sequence - 1), 11):
        assert position(store, record, sequence).sequence == sequence
    assert store.trim(Retention(count=count, days=None), 0) == 0


def test_retention_by_age_keeps_what_is_young_and_the_last(store, author):
    young, old = author("young"), author("old")
    for day in range(10):
        young.write(1, at=day * DAY)
        old.write(1, at=day * DAY // 10)
    assert store.trim(Retention(count=None, days=4), 10 * DAY) == 2
    assert kept(store, young) == [7, 8, 9, 10]
    assert kept(store, old) == [10]
    assert list(verify(store)) == []
    assert store.trim(Retention(count=None, days=4), 10 * DAY) == 0
    old.write(1, at=20 * DAY)
    assert store.trim(Retention(count=None, days=4), 20 * DAY) == 2
    assert kept(store, old) == [11]
    assert kept(store, young) == [10]


def test_everything_stays_without_limits(store, author):
    order = author().write(10)
    assert store.trim(Retention(count=None, days=None), 10**18) == 0
    assert len(kept(store, order)) == 10


def test_trimming_goes_on_where_the_limit_stopped_it(store, author):
    for number in range(7):
        author(f"o{number}").write(5)
    retention = Retention(count=2, days=None)
    assert [store.trim(retention, 0, limit=3) for _ in range(4)] == [3, 3, 1, 0]
    assert list(verify(store)) == []


def test_an_imported_history_is_as_old_as_its_entries(store, author):
    order = author()
    for day in range(5):
        order.write(1, at=day * DAY)
    document = export_workflow(store, "order-7")
    store.remove("order-7")
    author("new").write(1, at=90 * DAY)
    record = import_workflow(store, document)
    assert store.trim(Retention(count=None, days=10), 90 * DAY) == 1
    assert [entry.sequence for entry in store.entries(record.number)] == [5]


def test_keys_of_trimmed_entries_are_forgotten_and_may_be_used_again(store, author):
    order = author().write(1).write(1, key="k").write(5)
    store.trim(Retention(count=2, days=None), 0)
    assert store.find_key(order.record.number, "k") is None
    order.write(1, key="k")
    assert store.find_key(order.record.number, "k").sequence == 8


def test_a_damaged_workflow_does_not_stop_the_others_from_being_trimmed(sqlite, author_in):
    orders = [author_in(sqlite, f"o{number}", every=9).write(6) for number in range(4)]
    with sqlite._writing().transaction() as connection:
        connection.execute("DELETE FROM state_transitions WHERE workflow = 1 AND sequence = 2")
        connection.execute("UPDATE state_transitions SET kind = 'odd' WHERE workflow = 2")
    assert sqlite.trim(Retention(count=2, days=None), 0, limit=2) == 2
    assert [len(kept(sqlite, order)) for order in (orders[0], orders[2], orders[3])] == [5, 2, 2]


@given(
    st.lists(st.integers(0, 20), min_size=1, max_size=12),
    st.integers(1, 5),
    st.none() | st.integers(0, 25),
    st.none() | st.integers(0, 15),
)
def test_the_cut_leaves_the_last_and_drops_only_what_is_past_a_limit(ats, first, since, count):
    last = first + len(ats) - 1
    times = list(zip(range(first, last + 1), ats, strict=True))
    upto = cut(first, last, times, since, count)
    assert first - 1 <= upto < last
    stay = [at for sequence, at in times if sequence > upto]
    if count is not None and len(ats) > 1:
        assert len(stay) <= max(count, 1)
    if since is not None and len(stay) > 1:
        assert stay[0] >= since
    by_count = first - 1 if count is None else last - count
    for sequence, at in times[: upto - first + 1]:
        assert sequence <= by_count or (since is not None and at < since)


@pytest.mark.parametrize(
    "given", [{"count": -1}, {"count": "5"}, {"count": 2.5}, {"days": -3}, {"days": "x"}]
)
def test_a_retention_that_can_not_be_is_refused(given):
    with pytest.raises(ValueError, match="or None for"):
        Retention(**given)
