"""A mapping that is followed by others, against a dict that is copied."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from repertory.actors.frozen_map import FrozenMap

KEYS = st.integers(0, 40)
CHANGES = st.lists(st.tuples(st.lists(st.tuples(KEYS, st.integers())), st.lists(KEYS)), max_size=60)


def same(one, plain):
    assert dict(one.items()) == plain
    assert len(one) == len(plain)
    assert sorted(one.values()) == sorted(plain.values())
    assert all(one.get(key, "none") == plain.get(key, "none") for key in range(41))


@given(CHANGES)
def test_it_says_what_a_dict_says_and_those_before_it_stay_as_they_were(changes):
    maps, plains = [FrozenMap()], [{}]
    for added, gone in changes:
        maps.append(maps[-1].changed(added, gone))
        plain = {**plains[-1], **dict(added)}
        plains.append({key: value for key, value in plain.items() if key not in gone})
    for one, plain in zip(maps, plains, strict=True):
        same(one, plain)


def test_keys_come_in_the_order_in_which_they_were_added():
    one = FrozenMap()
    for number in range(200):
        one = one.changed([(number, -number)], [number - 100] if number >= 100 else ())
    assert [*one.items()] == [(number, -number) for number in range(100, 200)]


def test_a_change_copies_little_of_what_is_large():
    large = FrozenMap().changed((number, number) for number in range(10_000))
    changed = large.changed([(10_000, 0)], [0])
    assert changed._base is large._base  # of which as many share one as there are steps in flight
