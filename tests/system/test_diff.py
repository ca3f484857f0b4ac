"""What differs between two points of a workflow's past."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from repertory.actors import ActorSystem, Retention
from repertory.actors.comparison import changes
from repertory.actors.errors import HistoryTrimmed, RollbackFailed
from repertory.actors.results import Change
from repertory.actors.runtime import ManualClock

from .charts import Order, Review, Tally


def test_states_and_fields_that_differ_are_named(system: ActorSystem) -> None:
    order = system.start(Order, context={"total": 30})
    order.ask("pay", amount=10)
    order.ask("pay", amount=20)
    found = order.diff(1, 3)
    assert (found.before, found.after) == (1, 3)
    assert (found.left, found.entered) == (("basket",), ("paid",))
    assert found.context == (Change("received", "changed", 0, 30),)
    assert [str(change) for change in found.context] == ["received: 0 -> 30"]
    back = order.diff(3, 1)
    assert (back.left, back.entered) == (("paid",), ("basket",))
    assert back.context == (Change("received", "changed", 30, 0),)
    assert order.diff(1, 2).entered == () and order.diff(1, 2)
    assert not order.diff(2, 2)


def test_only_the_regions_that_moved_are_named(system: ActorSystem) -> None:
    review = system.start(Review)
    review.ask("agree")
    review.ask("broken")
    assert review.diff(1, 2).left == ("reading",)
    assert review.diff(1, 3).entered == ("agreed", "fixing")


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"b": None}, ["a: 1 removed", "b: None added"]),
        ({"a": {"b": [1, {"c": 2}]}}, {"a": {"b": [1, {"c": 3}]}}, ["a.b[1].c: 2 -> 3"]),
        ({"a": [1, 2, 3]}, {"a": [0, 1, 2, 3]}, ["a[0]: 0 added"]),
        ({"a": [1, 2, 3]}, {"a": [1, 3]}, ["a[1]: 2 removed"]),
        ({"a": [1, 2, 3]}, {"a": [3, 2, 1]}, ["a[0]: 1 -> 3", "a[2]: 3 -> 1"]),
        ({"a": [1]}, {"a": [2, 3]}, ["a[0]: 1 -> 2", "a[1]: 3 added"]),
        ({"a": []}, {"a": {}}, ["a: [] -> {}"]),
        ({"a": 1}, {"a": True}, ["a: 1 -> True"]),
        ({"a": 1}, {"a": 1.0}, ["a: 1 -> 1.0"]),
        ({"a b": {"c.d": 1}}, {"a b": {"c.d": 2}}, ['["a b"]["c.d"]: 1 -> 2']),
        (1, 2, [": 1 -> 2"]),
    ],
)
def test_a_change_is_as_small_as_it_can_be(before: Any, after: Any, found: list[str]) -> None:
    assert [str(change) for change in changes(before, after)] == found


values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab", max_size=2), inner),
    max_leaves=8,
)


@given(values, values)
def test_there_is_no_change_exactly_between_equals_and_backwards_is_the_mirror(
    one: Any, other: Any
) -> None:
    there, back = list(changes(one, other)), list(changes(other, one))
    assert list(changes(one, one)) == []
    assert bool(there) == (repr(_sorted(one)) != repr(_sorted(other)))
    mirror = {"added": "removed", "removed": "added", "changed": "changed"}
    assert sorted(map(str, there)) == sorted(
        str(Change(c.path, mirror[c.what], c.after, c.before)) for c in back
    )


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def test_what_is_gone_or_never_was_can_not_be_compared(path: Any) -> None:
    clock = ManualClock()
    with ActorSystem(path, clock=clock, retention=Retention(count=2), trim_every=60) as system:
        tally = system.start(Tally)
        for _ in range(5):
            tally.ask("add", n=1)
        clock.advance(61)
        system.settle()
        with pytest.raises(HistoryTrimmed):
            tally.diff(2, 6)
        with pytest.raises(RollbackFailed):
            tally.diff(6, 7)
        assert [str(change) for change in tally.diff(5, 6).context] == [
            "total: 4 -> 5",
            "seen[4]: 1 added",
        ]
