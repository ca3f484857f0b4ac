"""What a workflow has in memory after a step is what it would have after a restart."""

from __future__ import annotations

import copy
import dataclasses
from datetime import UTC, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repertory.actors import ActorSystem, State, Workflow, load_definitions
from repertory.actors.errors import ContextInvalid, SerializationFailed, VersionMismatch


class Colour(StrEnum):
    RED = "red"


class Size(IntEnum):
    SMALL = 1


@dataclasses.dataclass
class Part:
    price: float = 0.0
    colour: Colour = Colour.RED
    amounts: list[Decimal] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True)
class Point:
    x: float = 0.0


class Packet(msgspec.Struct):
    weight: float = 0.0


@dataclasses.dataclass
class Everything:
    rate: float | None = 0.0
    amount: Decimal = Decimal(0)
    colour: Colour = Colour.RED
    size: Size = Size.SMALL
    count: int = 0
    name: str = ""
    when: datetime | None = None
    tags: set[str] = dataclasses.field(default_factory=set)
    fixed: frozenset[float] = frozenset()
    by_name: dict[str, float] = dataclasses.field(default_factory=dict)
    pair: tuple[float, str] = (0.0, "")
    part: Part = dataclasses.field(default_factory=Part)
    parts: list[Part] = dataclasses.field(default_factory=list)
    points: set[Point] = dataclasses.field(default_factory=set)
    packet: Packet = dataclasses.field(default_factory=Packet)
    either: int | str | list[float] = 0
    mixed: list[float | str | None] = dataclasses.field(default_factory=list)
    free: Any = None


@dataclasses.dataclass
class Rates:
    rate: float = 0.0
    name: str = ""


class Model(pydantic.BaseModel):
    rate: float = 0.0
    amount: Decimal = Decimal(0)
    colour: Colour = Colour.RED
    name: str = ""
    tags: set[str] = set()
    part: Part = Part()
    parts: list[Part] = []


numbers = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([0.5, 2.0, -0.0, True, Decimal(2), Decimal("0.5"), Size.SMALL]),
)
texts = st.sampled_from(["red", "", Colour.RED, "x"])
colours = st.sampled_from([Colour.RED, "red", "blue"])
moments = st.sampled_from(
    [
        None,
        datetime(2027, 7, 1, 12, tzinfo=ZoneInfo("Asia/Tokyo")),
        datetime(2027, 7, 1, 12, tzinfo=UTC),
        datetime(2027, 7, 1, 12, tzinfo=ZoneInfo("UTC")),
    ]
)
parts = st.builds(
    Part, price=numbers, colour=colours, amounts=st.lists(numbers, max_size=2) | st.just(())
)
values: dict[str, st.SearchStrategy[Any]] = {
    "rate": st.none() | numbers,
    "amount": numbers,
    "colour": colours,
    "size": numbers,
    "count": numbers,
    "name": texts,
    "when": moments,
    "tags": st.sampled_from([{"x"}, frozenset({"x"}), {Colour.RED, "x"}, ["x"]]),
    "fixed": st.sampled_from([{2, 0.5}, frozenset({2}), frozenset({2.0})]),
    "by_name": st.dictionaries(texts, numbers, max_size=2),
    "pair": st.tuples(numbers, texts),
    "part": parts,
    "parts": st.lists(parts, max_size=3),
    "points": st.sets(st.builds(Point, numbers), max_size=2),
    "packet": st.builds(Packet, numbers),
    "either": numbers | texts | st.lists(numbers, max_size=2),
    "mixed": st.lists(st.none() | numbers | texts, max_size=3),
    "free": numbers | texts | st.lists(numbers, max_size=2),
}


def charted(context: type, called: str) -> type[Workflow]:
    class Charted(Workflow):
        workflow_name = called
        open = State(initial=True)
        change = open.to.itself(internal=True)
        look = open.to.itself(internal=True)
        Context = context

        def on_change(self) -> None:
            for name, value in PUT.items():
                setattr(self.context, name, value)

        def on_look(self) -> None:
            SEEN.append(copy.deepcopy(self.context))

    return Charted


PUT: dict[str, Any] = {}
SEEN: list[Any] = []
KINDS = {kind: charted(kind, f"In memory {kind.__name__}") for kind in (Everything, Model, Rates)}


def same(one: Any, other: Any) -> bool:
    """Whether two are of one type and value, with all within them."""
    if type(one) is not type(other):
        return False
    if dataclasses.is_dataclass(one) or isinstance(one, pydantic.BaseModel):
        return same(vars(one), vars(other))
    if isinstance(one, msgspec.Struct):
        return same(msgspec.structs.asdict(one), msgspec.structs.asdict(other))
    if isinstance(one, dict):
        return same([*one], [*other]) and same([*one.values()], [*other.values()])
    if isinstance(one, set | frozenset):
        return one == other and same(sorted(one, key=repr), sorted(other, key=repr))
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, datetime):
        return one == other and same(one.tzinfo, other.tzinfo)
    return repr(one) == repr(other)


def before_and_after_memory(system: ActorSystem, kind: type) -> tuple[Any, Any]:
    """Make a step that puts what is to be put, and look before and after it leaves memory."""
    SEEN.clear()
    workflow = system.start(KINDS[kind])
    workflow.ask("change")
    workflow.ask("look")
    system.stop(workflow.id)
    workflow.ask("look")
    one, other = SEEN
    return one, other


@pytest.mark.parametrize("kind", [*KINDS])
@settings(max_examples=150)
@given(data=st.data())
def test_what_a_step_leaves_in_memory_is_to_the_type_what_comes_back(kind: type, data: Any) -> None:
    names = st.sampled_from([name for name in values if name in fields(kind)])
    PUT.clear()
    PUT.update({name: data.draw(values[name]) for name in data.draw(st.sets(names, max_size=3))})
    with ActorSystem() as system:
        try:
            one, other = before_and_after_memory(system, kind)
        except SerializationFailed:
            return
        assert same(one, other)


def fields(kind: type) -> set[str]:
    return set(KINDS[kind].codec.fields or ())


@pytest.mark.parametrize("kind", [*KINDS])
def test_what_equals_what_would_come_back_becomes_it(kind: type) -> None:
    usual = {
        "rate": 2,
        "amount": 2,
        "colour": "red",
        "size": 1,
        "name": Colour.RED,
        "tags": frozenset({"x"}),
        "by_name": {"a": 2},
        "parts": [Part(2, "red", [2])],  # type: ignore[arg-type, list-item]  # that is the point
        "packet": Packet(2),
        "mixed": [2.0, Colour.RED],
    }
    PUT.clear()
    PUT.update({name: value for name, value in usual.items() if name in fields(kind)})
    wanted = KINDS[kind].make_context(PUT)
    with ActorSystem() as system:
        one, other = before_and_after_memory(system, kind)
    assert same(one, other)
    assert same(one, wanted)


def test_a_context_that_a_caller_hands_over_is_left_as_it_is() -> None:
    mine = Rates(rate=2)
    with ActorSystem() as system:
        system.start(KINDS[Rates], context=mine)
    assert type(mine.rate) is int


def test_an_attribute_of_a_nested_object_that_is_not_declared_is_refused() -> None:
    stray, listed = Part(), Part()
    vars(stray)["prise"] = 3
    vars(listed)["colours"] = 3
    with ActorSystem() as system:
        for kind in (Everything, Model):
            workflow = system.start(KINDS[kind])
            for put, place in (
                ({"part": stray}, "part.prise: .* did you mean 'price'"),
                ({"parts": [Part(), listed]}, r"parts\[1\].colours: .* did you mean 'colour'"),
            ):
                PUT.clear()
                PUT.update(put)
                with pytest.raises(SerializationFailed, match=place):
                    workflow.ask("change")


def test_numbers_of_a_document_are_before_a_restart_what_they_are_after_it() -> None:
    workflow = load_definitions(
        """workflow = "NumbersOfADocument"
        [context]
        lines = { type = "array<{price: number, quantity: integer}>", default = [] }
        rate = { type = "number", default = 0.0 }
        [states.open]
        on.add = { do = "add" }
        on.pay = { to = "paid", if = "context.lines.all(l, l.price * double(l.quantity) > 1.0)" }
        [states.paid]
        final = true
        """,
        actions={"add": add},
    )["NumbersOfADocument"]
    with ActorSystem() as system:
        for leaves in (False, True):
            sale = system.start(workflow)
            sale.ask("add", price=2, quantity=3)
            assert repr(sale.context.lines) == "[{'price': 2.0, 'quantity': 3}]"
            if leaves:
                system.stop(sale.id)
            sale.ask("pay")
            assert sale.state == "paid"


def add(workflow: Any, price: float, quantity: int) -> None:
    workflow.context.lines.append({"price": price, "quantity": quantity})


@dataclasses.dataclass
class Paid:
    cur: str = "EUR"
    parts: list[Part] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class PaidRenamed:
    currency: str = "EUR"
    parts: list[Part] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class PartWithoutAmounts:
    price: float = 0.0
    colour: Colour = Colour.RED


@dataclasses.dataclass
class PaidSmaller:
    cur: str = "EUR"
    parts: list[PartWithoutAmounts] = dataclasses.field(default_factory=list)


class PaidModel(pydantic.BaseModel):
    currency: str = "EUR"
    parts: list[Part] = []


class PaidStruct(msgspec.Struct):
    currency: str = "EUR"
    parts: list[Part] = []


@pytest.mark.parametrize(
    ("after", "place"),
    [
        (PaidRenamed, "cur: PaidRenamed declares no such field"),
        (PaidModel, "cur: PaidModel declares no such field"),
        (PaidStruct, "cur: PaidStruct declares no such field"),
        (PaidSmaller, r"parts\[0\].amounts: PartWithoutAmounts declares no such field"),
    ],
)
def test_a_field_that_was_stored_and_is_declared_no_more_is_no_fit(
    tmp_path: Path, after: type, place: str
) -> None:
    called = f"Paid, then {after.__name__}"
    with ActorSystem(tmp_path / "store.db") as system:
        kept = {"cur": "USD", "parts": [{"price": 1.5}]}
        system.start(charted(Paid, called), id="p", context=kept)
    charted(after, called)
    with ActorSystem(tmp_path / "store.db", on_changed_definition="ignore") as system:
        assert [*system.unfit()] == ["p"]
        with pytest.raises(VersionMismatch, match=place + r".*\n?.* a new version"):
            system.get("p").ask("look")
        assert [q.workflow_id for q in system.quarantined()] == ["p"]
        with pytest.raises(VersionMismatch, match=place):
            system.get("p").snapshot()
    charted(Paid, called)
    with ActorSystem(tmp_path / "store.db", on_changed_definition="ignore") as system:
        assert system.get("p").context.cur == "USD"


def test_an_unknown_field_within_a_given_context_is_refused() -> None:
    with ActorSystem() as system, pytest.raises(ContextInvalid, match=r"parts\[0\].prise"):
        system.start(KINDS[Everything], context={"parts": [{"prise": 3}]})
