"""A mapping that is followed by others, against a dict that is copied."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from repertory.actors.frozen_map import FrozenMap

KEYS = range(41)
CHANGES = st.lists(st.dictionaries(st.sampled_from(KEYS), st.integers(0, 3)), max_size=60)


@given(CHANGES)
def test_it_says_what_a_dict_says_and_those_before_it_stay_as_they_were(changes):
    maps, plains = [FrozenMap()], [{}]
    for change in changes:
        maps.append(maps[-1].changed(change))
        after = {**plains[-1], **change}
        plains.append({key: value for key, value in after.items() if value})
    for one, plain in zip(maps, plains, strict=True):
        assert sorted(one.values()) == sorted(plain.values())
        assert all((one.get(key) or 0) == plain.get(key, 0) for key in KEYS)


def test_values_come_in_the_order_in_which_their_keys_came():
    one = FrozenMap()
    for number in range(1, 200):
        one = one.changed({number: number, number - 100: 0})
    assert [*one.values()] == [*range(100, 200)]


def test_a_change_copies_little_of_what_is_large():
    large = FrozenMap().changed({number: number for number in range(10_000)})
    changed = large.changed({1: 0, 10_000: 1})
    assert changed._base is large._base  # which all steps in flight share
