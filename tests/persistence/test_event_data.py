"""Event data and results as JSON: the form they keep, or why they have none."""

from __future__ import annotations

import dataclasses
import math
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Any
from uuid import UUID

import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from repertory.persistence.codec import CodecError, decode_json, encode_json


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Size(IntEnum):
    SMALL = 1


class Plan(Enum):
    FREE = "free"


@dataclasses.dataclass
class Line:
    what: str
    count: int = 1


class Model(pydantic.BaseModel):
    total: int
    rate: float | None = None


anything = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(),
        st.binary(),
        st.dates(),
        st.sampled_from([*Colour, *Size, *Plan]),
        st.decimals(),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(st.text() | st.integers() | st.sampled_from(Colour), inner, max_size=3),
    ),
    max_leaves=8,
)


@given(anything)
def test_event_data_keeps_its_json_form_or_is_refused(value):
    try:
        data = encode_json(value)
    except CodecError:
        return
    assert msgspec.json.encode(value) == data
    assert encode_json(decode_json(data)) == data
    floats = [v for v in flatten(value) if type(v) is float]
    assert all(map(math.isfinite, floats))


def flatten(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in flatten(item)]
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in flatten(item)]
    return [value]


def test_event_data_takes_what_has_one_form_in_json():
    value = {
        "colour": Colour.RED,
        "plan": Plan.FREE,
        "due": date(2027, 1, 31),
        "wait": timedelta(seconds=90),
        "price": Decimal("1.10"),
        "owner": UUID(int=1),
        "line": Line("a"),
        "pair": (1, 2),
        "model": Model(total=1).model_copy(),
    }
    back = decode_json(encode_json(value))
    assert back["colour"] == "red"
    assert back["plan"] == "free"
    assert back["due"] == "2027-01-31"
    assert back["price"] == "1.10"
    assert back["line"] == {"what": "a", "count": 1}
    assert back["pair"] == [1, 2]
    assert back["model"]["total"] == 1


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"a": [1, math.nan]}, "a[1]"),
        ({"a": (math.inf,)}, "a[0]"),
        ({"a": Line("b", math.nan)}, "a.count"),
        ({"a": {1: 2}}, "a"),
        ({"a": [object()]}, "a[0]"),
        ({"a": "\udfff"}, "a"),
        ({"a": Model.model_construct(total=1, rate=math.nan)}, "a.rate"),
    ],
)
def test_event_data_without_a_form_in_json_is_refused_with_the_path(value, path):
    with pytest.raises(CodecError) as caught:
        encode_json(value)
    assert caught.value.path == path


def test_a_value_that_contains_itself_has_no_form():
    loop: dict[str, Any] = {}
    loop["self"] = loop
    with pytest.raises(CodecError, match="contains itself"):
        encode_json(loop)
