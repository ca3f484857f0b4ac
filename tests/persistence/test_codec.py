"""Contexts and JSON: what is kept comes back the same, or is refused with its place."""

from __future__ import annotations

import dataclasses
import math
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Annotated, Any
from uuid import UUID

import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from repertory.persistence.codec import CodecError, ContextCodec


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


@dataclasses.dataclass
class Basket:
    total: int
    due: datetime | None = None
    rate: float | None = None
    price: Decimal = Decimal("0.10")
    owner: UUID | None = None
    colours: set[Colour] = dataclasses.field(default_factory=set)
    pair: tuple[int, str] = (1, "a")
    lines: list[Line] = dataclasses.field(default_factory=list)
    by_number: dict[int, Line] = dataclasses.field(default_factory=dict)
    notes: dict[str, Any] = dataclasses.field(default_factory=dict)
    first: Line = dataclasses.field(default_factory=lambda: Line("none"))


class Packed(msgspec.Struct, rename="camel"):
    total_amount: int
    due: date | None = None
    rate: float | None = None
    colours: frozenset[Colour] = frozenset()


class Model(pydantic.BaseModel):
    total: int
    due: datetime | None = None
    rate: float | None = None
    lines: list[Line] = []
    colours: set[Colour] = set()
    given_name: str = pydantic.Field("", alias="givenName")
    _cache: int = 0


finite = st.floats(allow_nan=False, allow_infinity=False)
text = st.text(st.characters(exclude_categories=("Cs",)))
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=20,
)
lines = st.builds(Line, what=text, count=st.integers())
colours = st.sets(st.sampled_from(Colour))
moments = st.datetimes(timezones=st.just(UTC))
baskets = st.builds(
    Basket,
    total=st.integers(),
    due=st.none() | moments,
    rate=st.none() | finite,
    price=st.decimals(allow_nan=False, allow_infinity=False),
    owner=st.none() | st.uuids(),
    colours=colours,
    pair=st.tuples(st.integers(), text),
    lines=st.lists(lines),
    by_number=st.dictionaries(st.integers(), lines),
    notes=st.dictionaries(text, plain),
    first=lines,
)
packed = st.builds(
    Packed,
    total_amount=st.integers(),
    due=st.none() | st.dates(),
    rate=st.none() | finite,
    colours=st.frozensets(st.sampled_from(Colour)),
)
models = st.builds(
    Model,
    total=st.integers(),
    due=st.none() | moments,
    rate=st.none() | finite,
    lines=st.lists(lines),
    colours=colours,
    givenName=text,
)


def same_types(one: Any, other: Any) -> bool:
    if type(one) is dict and type(other) is dict:
        return list(one) == list(other) and all(same_types(one[k], other[k]) for k in one)
    if type(one) is list and type(other) is list:
        return len(one) == len(other) and all(map(same_types, one, other))
    return type(one) is type(other) and repr(one) == repr(other)


@given(st.dictionaries(text, plain))
def test_a_plain_context_comes_back_the_same_to_the_type(context):
    codec = ContextCodec.of(None)
    kept = codec.plain(context)
    assert same_types(kept, context)
    assert same_types(codec.decode(codec.encode(kept)), context)
    assert same_types(codec.load(kept), context)
    assert same_types(codec.new(context), context)


@given(st.one_of(baskets, packed, models))
def test_a_typed_context_comes_back_equal(context):
    codec = ContextCodec.of(type(context))
    kept = codec.plain(context)
    assert codec.decode(codec.encode(kept)) == context
    assert codec.load(kept) == context
    again = codec.plain(codec.load(kept))
    assert {**again, "colours": ()} == {**kept, "colours": ()}


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


@given(st.dictionaries(st.text(), anything, max_size=3))
def test_whatever_is_not_refused_comes_back_the_same(context):
    for codec, live in (
        (ContextCodec.of(None), context),
        (ContextCodec.of(Basket), Basket(1, notes=context)),
    ):
        try:
            kept = codec.plain(live)
        except CodecError:
            continue
        assert codec.load(kept) == live
        assert same_types(kept if live is context else kept["notes"], context)


@dataclasses.dataclass
class Flat:
    count: int = 0
    rate: float | None = None
    name: str = ""
    open: bool | None = None


class Short(msgspec.Struct, rename="camel"):
    full_name: str | None = None
    age: Annotated[int, msgspec.Meta(ge=0)] = 0


def outcome(codec: ContextCodec, live: Any, before: Any) -> Any:
    try:
        return codec.plain(live, before)
    except CodecError as error:
        return error.path


@given(st.dictionaries(st.text(), anything, max_size=3), st.data())
def test_a_dict_that_was_looked_at_before_is_judged_as_one_that_was_not(context, data):
    codec = ContextCodec.of(None)
    kept = outcome(codec, context, None)
    if isinstance(kept, str):
        return
    names = st.sampled_from([*context]) if context else st.text()
    odd = names.map(lambda name: StrEnum("Odd", {"NAME": name}).NAME if name else name)
    for name, value in data.draw(st.dictionaries(names | odd, anything, max_size=2)).items():
        context.pop(name, None)
        context[name] = data.draw(st.sampled_from([kept.get(name), value]))
    anew = outcome(codec, context, None)
    assert same_types(outcome(codec, context, kept), anew)
    assert isinstance(anew, str) or same_types(codec.load(anew), context)


@pytest.mark.parametrize("cls", [Flat, Short])
@given(data=st.data())
def test_a_flat_context_is_kept_as_a_nested_one_would_be(cls, data):
    nested = dataclasses.make_dataclass("Nested", [("inner", cls)])
    codec, thorough = ContextCodec.of(cls), ContextCodec.of(nested)
    context, kept = cls(), None
    for _ in range(3):
        name = data.draw(st.sampled_from(codec.fields))
        setattr(context, name, data.draw(anything | st.integers() | st.text()))
        expected = outcome(thorough, nested(context), None)
        found = outcome(codec, context, kept)
        if isinstance(found, str):
            assert expected == f"inner.{found}"
            return
        assert same_types(found, expected["inner"])
        assert codec.load(found) == context
        kept = found


@pytest.mark.parametrize(
    ("value", "path", "reason"),
    [
        (math.nan, "a.b[1]", "nan has no form in JSON"),
        (math.inf, "a.b[1]", "inf has no form in JSON"),
        ((1, 2), "a.b[1]", "would come back as a list"),
        ({1}, "a.b[1]", "would come back as a list"),
        ({1: 2}, "a.b[1]", "the key 1 is of type int"),
        (date(2027, 1, 1), "a.b[1]", "of type date would not come back"),
        ("\ud800", "a.b[1]", "half a surrogate pair"),
        (Colour.RED, "a.b[1]", "would come back as its value"),
        ({Colour.RED: 1}, "a.b[1]", "would come back as its value"),
        (Decimal(1), "a.b[1]", "of type Decimal"),
        (object(), "a.b[1]", "of type object"),
        pytest.param(10**5000, "a.b[1]", "too long for JSON", id="a long integer"),
    ],
)
def test_what_a_dict_cannot_keep_is_refused_with_its_place(value, path, reason):
    for codec, live, prefix in (
        (ContextCodec.of(None), {"a": {"b": [0, value]}}, ""),
        (ContextCodec.of(Basket), Basket(1, notes={"a": {"b": [0, value]}}), "notes."),
    ):
        with pytest.raises(CodecError) as caught:
            codec.plain(live)
        if not prefix:
            assert reason in str(caught.value)
        assert (prefix + path).startswith(caught.value.path)
        assert caught.value.path.startswith(prefix + "a")


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("total", "30", "total"),
        ("total", 3.5, "total"),
        ("total", None, "total"),
        ("total", True, "total"),
        ("rate", math.nan, "rate"),
        ("rate", -math.inf, "rate"),
        ("rate", 2**60 + 1, "rate"),
        ("pair", [1, "a"], "pair"),
        ("pair", (1, 2), "pair[1]"),
        ("colours", {"green"}, "colours"),
        ("colours", [Colour.RED], "colours"),
        ("lines", [Line("a"), Line(3)], "lines[1].what"),
        ("lines", [Line("a", count=object())], "lines[0].count"),
        ("lines", [{"what": "a"}], "lines[0]"),
        ("by_number", {"1": Line("a")}, "by_number"),
        ("notes", {"a": Line("b")}, "notes.a"),
        ("first", None, "first"),
    ],
)
def test_what_does_not_fit_its_field_is_refused_with_the_path(field, value, path):
    basket = Basket(1)
    setattr(basket, field, value)
    with pytest.raises(CodecError) as caught:
        ContextCodec.of(Basket).plain(basket)
    assert caught.value.path.startswith(path.partition("[")[0])
    if "[" in path and value != {"green"}:
        assert caught.value.path == path


@pytest.mark.parametrize(
    ("field", "value"), [("total", "3"), ("total", "x"), ("rate", math.nan), ("lines", ({},))]
)
def test_a_pydantic_model_that_was_assigned_nonsense_is_refused(field, value):
    model = Model(total=1)
    setattr(model, field, value)
    with pytest.raises(CodecError) as caught:
        ContextCodec.of(Model).plain(model)
    assert caught.value.path.startswith(field)


def test_an_int_may_stand_for_a_float_and_a_member_of_an_str_enum_for_text():
    codec = ContextCodec.of(Basket)
    kept = codec.plain(Basket(1, rate=3, lines=[Line(Colour.RED)]))
    assert codec.load(kept).rate == 3.0


def test_a_plain_copy_shares_nothing_with_the_context():
    for codec in (ContextCodec.of(None), ContextCodec.of(Basket), ContextCodec.of(Model)):
        live = codec.new({"total": 1, "lines": [{"what": "a", "count": 2}]})
        kept = codec.plain(live)
        back = codec.load(kept)
        lines = live["lines"] if isinstance(live, dict) else live.lines
        lines.append(lines[0])
        assert len(kept["lines"]) == 1
        assert codec.plain(back) == kept
        kept["lines"].clear()
        assert len(codec.plain(back)["lines"]) == 1


def test_a_new_context_takes_python_values_and_their_json_form():
    codec = ContextCodec.of(Basket)
    due = datetime(2027, 1, 31, tzinfo=UTC)
    line = {"what": "a", "count": 1}
    as_json = {"due": "2027-01-31T00:00:00Z", "colours": ["red"], "by_number": {"1": line}}
    as_values = {"due": due, "colours": {Colour.RED}, "by_number": {1: Line("a")}}
    assert codec.new({"total": 1, **as_json}) == codec.new({"total": 1, **as_values})
    assert ContextCodec.of(Packed).new({"total_amount": 3}) == Packed(3)
    assert ContextCodec.of(Packed).new({"totalAmount": 3}) == Packed(3)
    assert ContextCodec.of(Model).new({"total": 1, "givenName": "x"}).given_name == "x"
    assert ContextCodec.of(Model).new({"total": 1, "given_name": "x"}).given_name == "x"


@pytest.mark.parametrize("cls", [Basket, Model])
@pytest.mark.parametrize(
    ("values", "path", "reason"),
    [
        ({"total": 1, "rat": 2}, "rat", "did you mean 'rate'?"),
        ({}, "total", "required"),
        ({"total": "many"}, "total", "int"),
        ({"total": 1, "lines": [{"what": 3}]}, "lines[0].what", "str"),
        ({"total": 1, "rate": math.nan}, "rate", "nan"),
    ],
)
def test_a_new_context_that_does_not_fit_is_refused_with_the_path(cls, values, path, reason):
    with pytest.raises(CodecError) as caught:
        ContextCodec.of(cls).new(values)
    assert caught.value.path == path
    assert reason in str(caught.value)


def test_defaults_are_written_so_that_a_later_default_does_not_change_the_past():
    codec = ContextCodec.of(Basket)
    basket = codec.new({"total": 1, "lines": [{"what": "a"}]})
    assert codec.plain(basket)["lines"] == [{"what": "a", "count": 1}]
    older = codec.decode(b'{"total":1}')
    assert codec.plain(older)["price"] == "0.10"


def test_bytes_that_do_not_fit_the_type_are_refused_with_the_path():
    with pytest.raises(CodecError) as caught:
        ContextCodec.of(Basket).decode(b'{"total":1,"lines":[{"what":1}]}')
    assert caught.value.path == "lines[0].what"
    with pytest.raises(CodecError):
        ContextCodec.of(None).decode(b"[]")
    with pytest.raises(CodecError):
        ContextCodec.of(None).decode(b'{"a":')
    with pytest.raises(CodecError):
        ContextCodec.of(Basket).plain({"total": 1})


def test_a_context_that_contains_itself_is_refused():
    loop: dict[str, Any] = {}
    loop["self"] = loop
    for codec, live in (
        (ContextCodec.of(None), loop),
        (ContextCodec.of(Basket), Basket(1, notes=loop)),
    ):
        with pytest.raises(CodecError, match="contains itself"):
            codec.plain(live)
