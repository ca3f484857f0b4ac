"""What is still to come - messages, timers, activities - over every store."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import msgspec
import pytest
from repertory.persistence.errors import BadDocument, SerializationFailed, StaleStep, StoreDamaged
from repertory.persistence.exchange import export_workflow, import_workflow
from repertory.persistence.records import Message, MessageKind
from repertory.persistence.verification import verify

LAST = 2**63 - 1


def timer(store, sender, due=5, name="t", sequence=1, **given):
    given = {"kind": MessageKind.TIMER, "due": due, "name": name, **given}
    id = store.allocate_message()
    return Message(id, sender, sequence, sender, "expire", given.pop("data", None), 3, **given)


def plain(store, sender="one", receiver="two", **given):
    return Message(store.allocate_message(), sender, 1, receiver, "pay", b'{"n":1}', 3, **given)


def leave(author, *sends, receives=None, cancels=()):
    step = author.step()
    return msgspec.structs.replace(step, sends=sends, receives=receives, cancels=cancels)


def commit(store, *steps):
    return [None if v is None else type(v) for v in store.commit(steps)]


def test_what_a_step_leaves_comes_back_as_it_was_sent(store, author):
    given = [
        plain(store),
        plain(store, due=9),
        timer(store, "one", options=b'{"every":1}', data=b'{"a":[1]}'),
        timer(store, "one", kind=MessageKind.ACTIVITY, due=0, attempt=2, name="fetch"),
        timer(store, "one", kind=MessageKind.CHILD, due=0, name="kid"),
    ]
    assert commit(store, leave(author("one"), *given)) == [None]
    assert store.messages() == given
    assert store.pending("one") == given[2:] == store.load("one").pending
    assert store.pending("two") == []
    assert store.messages(kind=MessageKind.TIMER) == [given[2]]
    assert store.messages(receiver="one", kind=MessageKind.CHILD) == [given[4]]
    assert store.messages(by=5) == [given[0], *given[2:]]
    assert store.messages(receiver="two", by=8) == [given[0]]


def test_what_is_due_comes_in_the_order_of_deadlines_and_then_of_sending(store, author):
    dues = [7, 0, 3, 7, 0, 5, 3, 9]
    sent = [timer(store, "one", due) for due in dues]
    assert commit(store, leave(author("one"), *sent)) == [None]

    def due(**given):
        return [(m.due, m.id - sent[0].id) for m in store.due(**given)]

    assert due(by=0) == [(0, 1), (0, 4)]
    assert due(by=6) == [(0, 1), (0, 4), (3, 2), (3, 6), (5, 5)]
    assert due(by=LAST, after=(0, LAST)) == [(3, 2), (3, 6), (5, 5), (7, 0), (7, 3), (9, 7)]
    first = store.due(by=LAST, after=(3, 0), limit=2)
    assert first == [sent[2], sent[6]]
    assert store.due(by=LAST, after=(3, first[-1].id), limit=2) == [sent[5], sent[0]]
    assert due(by=LAST, after=(9, LAST)) == due(by=LAST, limit=0) == []


def test_a_timer_is_taken_once_or_cancelled_and_never_both(store, author):
    one = author("one")
    first, second = timer(store, "one"), timer(store, "one", 6)
    assert commit(store, leave(one, first, second)) == [None]
    assert commit(store, leave(one, receives=first.id)) == [None]
    assert commit(store, leave(one, cancels=(second.id, first.id, 99))) == [None]
    assert store.messages() == store.pending("one") == store.due(by=LAST) == []
    for gone in (first, second):
        (verdict,) = store.commit([leave(author("two"), receives=gone.id)])
        assert isinstance(verdict, StaleStep)
        assert "taken before, or taken back" in str(verdict)


def test_what_is_set_and_cancelled_before_it_is_written_was_never_there(store, author):
    one, fine = author("one"), author("two")
    gone, stays = timer(store, "one"), timer(store, "one", 8, "u")
    steps = [leave(one, gone), leave(one, stays, cancels=(gone.id,)), leave(one), leave(fine)]
    assert commit(store, *steps) == [None] * 4
    assert store.messages() == [stays]


def test_of_one_that_takes_and_one_that_cancels_the_first_wins(store, author):
    one, two = author("one"), author("two")
    message, other = plain(store), plain(store)
    assert commit(store, leave(one, message, other), two.step()) == [None, None]
    taken = [leave(two, receives=message.id), leave(one, cancels=(message.id,))]
    assert commit(store, *taken) == [None, None]
    cancelled = [leave(one, cancels=(other.id,)), leave(two, receives=other.id)]
    assert commit(store, *cancelled) == [None, StaleStep]
    assert store.messages() == []


def test_a_step_that_is_refused_leaves_nothing_and_takes_nothing_back(store, author):
    one = author("one")
    kept = timer(store, "one")
    assert commit(store, leave(one, kept)) == [None]
    again = leave(one, timer(store, "one", 7, "u"), cancels=(kept.id,))
    assert commit(store, again, again) == [None, StaleStep]
    (there,) = store.pending("one")
    stale = msgspec.structs.replace(again, cancels=(there.id,), sends=(kept,))
    assert commit(store, stale) == [StaleStep]
    assert store.pending("one") == [there]


@pytest.mark.parametrize("given", [{"name": "\ud800"}, {"due": 2**63}])
def test_what_cannot_be_written_refuses_its_step_alone(store, author, given):
    bad = leave(author("one"), timer(store, "one", **given))
    assert commit(store, bad, author("two").step()) == [SerializationFailed, None]


def test_a_message_can_be_postponed_for_another_attempt_while_it_is_there(store, author):
    one = author("one")
    work = timer(store, "one", 0, "fetch", kind=MessageKind.ACTIVITY)
    assert commit(store, leave(one, work)) == [None]
    assert store.postpone(work.id, due=50, attempt=1, options=b'{"a":1}')
    again = msgspec.structs.replace(work, due=50, attempt=1, options=b'{"a":1}')
    assert store.pending("one") == [again] == store.due(by=50)
    assert store.due(by=49) == []
    assert store.postpone(work.id, due=0, attempt=2)
    assert store.due(by=0)[0].attempt == 2
    assert commit(store, leave(one, receives=work.id)) == [None]
    assert not store.postpone(work.id, due=60, attempt=3)
    assert store.messages() == []


def test_what_is_postponed_without_a_flush_is_there_all_the_same(store, author):
    work = timer(store, "one", 0, "fetch", kind=MessageKind.ACTIVITY)
    assert commit(store, leave(author("one"), work)) == [None]
    store.postpone_all([(work.id, 7, 1, b'{"a":1}')], flush=False)
    assert store.pending("one") == [
        msgspec.structs.replace(work, due=7, attempt=1, options=b'{"a":1}')
    ]


def test_a_message_can_be_discarded_wherever_it_is(store, author):
    sent = [plain(store), timer(store, "one"), plain(store)]
    assert commit(store, leave(author("one"), *sent)) == [None]
    store.bury(sent[2].id, "nobody")
    for message in (*sent, *sent):
        store.discard(message.id)
    assert store.messages() == store.messages(dead=True) == store.pending("one") == []


def test_what_cannot_be_delivered_is_not_due(store, author):
    message = plain(store, due=4)
    assert commit(store, leave(author("one"), message)) == [None]
    store.bury(message.id, "nobody")
    assert store.due(by=LAST) == [] and not store.postpone(message.id, due=9, attempt=1)
    assert [m.dead for m in store.messages(dead=True)] == ["nobody"]


def test_removing_a_workflow_removes_its_timers_and_not_what_it_has_sent(store, author):
    one, two = author("one"), author("two")
    sent, late = plain(store), plain(store, due=7)
    others = timer(store, "two")
    assert commit(store, leave(one, timer(store, "one"), sent, late), leave(two, others)) == [
        None,
        None,
    ]
    assert store.remove("one")
    assert store.messages() == [sent, late, others]
    assert list(verify(store)) == []


def test_export_carries_what_is_still_to_come(store, author):
    one = author("one")
    given = [
        timer(store, "one", 9, data=b'{"a":1}', options=b'{"every":5}'),
        timer(store, "one", 0, "fetch", kind=MessageKind.ACTIVITY, attempt=3),
        plain(store),
    ]
    assert commit(store, leave(one, *given)) == [None]
    document = export_workflow(store, "one")
    store.remove("one")
    import_workflow(store, document)
    assert export_workflow(store, "one") == document
    restored = store.pending("one")
    assert [msgspec.structs.replace(m, id=0) for m in restored] == [
        msgspec.structs.replace(m, id=0) for m in given[:2]
    ]
    assert {m.id for m in restored}.isdisjoint(m.id for m in given)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"sequence": 1,\n   "event": "expire"', '"sequence": 2,\n   "event": "expire"', "yet to"),
        ('"due": 9', '"due": -1', "pending"),
        ('"kind": "timer"', '"kind": "alarm"', "pending"),
    ],
)
def test_a_document_with_an_impossible_timer_is_refused(store, author, old, new, says):
    assert commit(store, leave(author("one"), timer(store, "one", 9))) == [None]
    document = export_workflow(store, "one").decode()
    store.remove("one")
    assert document.count(old) == 1
    with pytest.raises(BadDocument, match=says):
        import_workflow(store, document.replace(old, new).encode())
    assert store.messages() == []


def test_verify_finds_a_timer_of_nobody(sqlite, author_in):
    one = author_in(sqlite, "one")
    assert commit(sqlite, leave(one, timer(sqlite, "ghost"))) == [None]
    (problem,) = verify(sqlite)
    assert "a timer, is of workflow 'ghost', which is not there" in problem.what


def test_verify_finds_a_timer_from_the_future_and_one_that_is_there_twice(store, author):
    one = author("one")
    given = timer(store, "one", name="u"), timer(store, "one", sequence=4, name="u")
    assert commit(store, leave(one, *given)) == [None]
    assert [(p.workflow_id, p.sequence, p.what) for p in verify(store)] == [
        ("one", 4, "The timer 'u' is of a step that is not in the history"),
        ("one", 4, "The timer 'u' is there twice"),
    ]


def test_a_message_of_no_known_kind_is_damage(sqlite, author_in, path):
    assert commit(sqlite, leave(author_in(sqlite, "one"), timer(sqlite, "one"))) == [None]
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE messages SET kind = 'alarm'")
    connection.close()
    with pytest.raises(StoreDamaged, match="its kind is 'alarm'"):
        sqlite.pending("one")
    assert any("its kind is 'alarm'" in problem.what for problem in verify(sqlite))
