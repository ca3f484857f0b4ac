"""What may be declared as a context, and what a declared class must not hide."""

from __future__ import annotations

import dataclasses
import functools
import math

import pydantic
import pytest
from repertory.persistence.codec import CodecError, ContextCodec


def test_an_attribute_that_is_no_field_is_refused_and_a_cached_property_is_not():
    class Order:
        total: int
        received: int = 0

        @functools.cached_property
        def twice(self) -> int:
            return self.total * 2

    codec = ContextCodec.of(Order)
    order = codec.new({"total": 1})
    assert order.twice == 2
    assert codec.plain(order) == {"total": 1, "received": 0}
    order.recieved = 3
    with pytest.raises(CodecError, match=r"recieved: .* did you mean 'received'\?"):
        codec.plain(order)


def test_a_plain_class_and_its_subclass_are_made_dataclasses_with_fresh_lists():
    class Order:
        total: int = 0
        lines: list[str] = []

    class Extended(Order):
        extra: int = 0

    codec = ContextCodec.of(Extended)
    assert codec.fields == ("total", "lines", "extra")
    one, two = codec.new({"extra": 1}), Order()
    one.lines.append("a")
    two.lines.append("b")
    assert (codec.new({}).lines, Order().lines) == ([], [])
    assert ContextCodec.of(Order).fields == ("total", "lines")


@dataclasses.dataclass(eq=False)
class NeverEqual:
    value: float | None


@dataclasses.dataclass
class PartlyCompared:
    shown: int
    hidden: float | None = dataclasses.field(default=None, compare=False)


@dataclasses.dataclass
class AlwaysEqual:  # noqa: PLW1641  (it is never hashed)
    value: float | None

    def __eq__(self, other: object) -> bool:
        return True


@dataclasses.dataclass
class Outer:
    never: NeverEqual
    partly: PartlyCompared
    always: list[AlwaysEqual]


def test_classes_whose_equality_hides_a_difference_are_compared_field_by_field():
    codec = ContextCodec.of(Outer)
    fine = Outer(NeverEqual(1.5), PartlyCompared(1, 2.5), [AlwaysEqual(3.5)])
    back = codec.load(codec.plain(fine))
    assert (back.never.value, back.partly.hidden, back.always[0].value) == (1.5, 2.5, 3.5)
    for path, field, value in (
        ("never.value", "never", NeverEqual(math.nan)),
        ("partly.hidden", "partly", PartlyCompared(1, math.nan)),
        ("always[0].value", "always", [AlwaysEqual(math.nan)]),
    ):
        with pytest.raises(CodecError) as caught:
            codec.plain(dataclasses.replace(fine, **{field: value}))
        assert caught.value.path == path
    for inner in (PartlyCompared(1, math.nan), AlwaysEqual(math.nan)):
        outer = dataclasses.make_dataclass("Outer", [("inner", type(inner))])
        with pytest.raises(CodecError, match="nan"):
            ContextCodec.of(outer).plain(outer(inner))


def test_types_that_cannot_be_a_context_are_refused_when_they_are_declared():
    class Thing:
        pass

    class WithThing:
        thing: Thing

    WithThing.__annotations__["thing"] = Thing

    class WithInit:
        total: int

        def __init__(self, total: int) -> None:
            self.total = total

    class Root(pydantic.RootModel[int]):
        pass

    for cls, reason in (
        (WithThing, r"WithThing\.thing: a Thing can't be kept"),
        (WithInit, "has an __init__ of its own"),
        (Root, "RootModel"),
        (int, "can't be made a dataclass"),
        (list, "can't be a context"),
        ("Order", "no class"),
    ):
        with pytest.raises(CodecError, match=reason):
            ContextCodec.of(cls)
