"""What a class annotates is known on every Python, also where a name in it is not."""

from typing import TYPE_CHECKING

from repertory.persistence.annotated import annotated
from repertory.persistence.codec import ContextCodec

if TYPE_CHECKING:
    from decimal import Decimal as Money

# Without `from __future__ import annotations`, which most programs have no need of any more.


class Base:
    first: int = 1


class Plain(Base):
    second: str = ""


class Unknown:
    total: "Money"


def test_a_classes_own_annotations_are_told_and_not_its_bases() -> None:
    assert [*annotated(Base)] == ["first"]
    assert [*annotated(Plain)] == ["second"]
    assert annotated(object) == {}


def test_a_name_that_type_checkers_alone_know_is_told_as_it_is_written() -> None:
    assert [name.strip("'\"") for name in annotated(Unknown).values()] == ["Money"]


def test_such_classes_are_contexts() -> None:
    codec = ContextCodec.of(Plain)
    assert codec.fields is not None and [*codec.fields] == ["first", "second"]
    assert codec.new({"second": "x"}).first == 1
