"""A change makes the new object of the old one, in JSON's sense of equal."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from repertory.persistence.changes import apply, diff
from repertory.persistence.codec import decode_json, encode_json

text = st.text(st.characters(exclude_categories=("Cs",)), max_size=3)
plain = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 0.0, -0.0, 1.0, "", "a", 2**70]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=4),
    max_leaves=20,
)


@given(plain, plain)
def test_a_change_read_back_from_json_makes_the_new_context(old, new):
    change = diff(old, new)
    if change is None:
        assert diff(new, old) is None
        made = old
    else:
        made = apply(old, decode_json(encode_json(change)))
    assert diff(made, new) is None
    assert encode_json(sort(made)) == encode_json(sort(new))


def sort(value: Any) -> Any:
    if type(value) is dict:
        return {key: sort(value[key]) for key in sorted(value)}
    return [sort(item) for item in value] if type(value) is list else value


@pytest.mark.parametrize(
    ("old", "new"), [(1, 1.0), (1, True), (0, False), ([1], [True]), (0.0, -0.0)]
)
def test_values_that_python_calls_equal_and_json_does_not_are_a_change(old, new):
    change = diff({"a": old}, {"a": new})
    assert repr(apply({"a": old}, change)) == repr({"a": new})
