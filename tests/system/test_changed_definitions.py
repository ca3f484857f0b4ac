"""A class that has changed without a new version is noticed, and strands nobody."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from repertory.actors import ActorSystem, HistoryState, State, Workflow
from repertory.actors.errors import DefinitionChanged, DefinitionChangedWarning, VersionMismatch
from repertory.actors.fingerprint import differences, fingerprint
from repertory.actors.results import ChangedDefinition
from repertory.persistence.sqlite import SqliteStore


class Line(msgspec.Struct):
    price: int


class DearLine(msgspec.Struct):
    price: float


DearLine.__name__ = "Line"


@dataclass
class Basket:
    lines: list[Line]
    note: str | None = None


@dataclass
class LargerBasket:
    lines: list[Line]
    gift: bool = False
    note: str | None = None


@dataclass
class DearBasket:
    lines: list[DearLine]
    note: str | None = None


Body = dict[str, Any]


def usual(open: State, paid: State) -> Any:
    return open.to(paid, cond="covered") | open.to.itself(internal=True, cond="waits")


def dearer(open: State, paid: State) -> Any:
    return open.to(paid, cond="dearer")


def swapped(open: State, paid: State) -> Any:
    return open.to.itself(internal=True, cond="waits") | open.to(paid, cond="covered")


def body(pay: Callable[[State, State], Any]) -> Body:
    open, paid, shipped = State(initial=True), State(), State(final=True)
    return {
        "__qualname__": "Sale",
        "__module__": __name__,
        "Context": Basket,
        "open": open,
        "paid": paid,
        "shipped": shipped,
        "pay": pay(open, paid),
        "ship": paid.to(shipped),
        "covered": lambda self: True,
        "dearer": lambda self: True,
        "waits": lambda self: True,
        "on_ship": lambda self: None,
    }


def sale(
    change: Callable[[Body], Any] = lambda body: None,
    pay: Callable[[State, State], Any] = usual,
) -> type[Workflow]:
    made = body(pay)
    change(made)
    return type(Workflow)("Sale", (Workflow,), made)  # type: ignore[return-value]  # its metaclass


def test_an_unchanged_class_has_the_same_fingerprint_also_in_another_process() -> None:
    assert fingerprint(sale()) == fingerprint(sale())
    code = (
        "import sys; sys.path.insert(0, '.')\n"
        "from tests.system.charts import Review\n"
        "from repertory.actors.fingerprint import fingerprint\n"
        "sys.stdout.buffer.write(fingerprint(Review))"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            cwd=Path(__file__).parents[2],
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(seen) == 1 and b"deep history" in seen.pop()


@pytest.mark.parametrize(
    "change",
    [
        lambda b: b.update(on_ship=lambda self: 7),
        lambda b: b.update(on_pay=lambda self: None, on_enter_paid=lambda self: None),
        lambda b: b.update(covered=lambda self: False, __doc__="Other words."),
    ],
)
def test_the_code_of_actions_and_guards_is_no_part_of_it(change: Callable[[Body], Any]) -> None:
    assert fingerprint(sale(change)) == fingerprint(sale())


def lose(b: Body) -> None:
    b["lost"] = State(final=True)
    b["lose"] = b["paid"].to(b["lost"])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lose, ["state 'lost' is new", "transition paid: lose -> lost is new"]),
        (lambda b: b.update(Context=LargerBasket), ["context field 'gift' is new"]),
        (
            lambda b: b.update(Context=DearBasket),
            ["context field 'Line.price' was int, and is float"],
        ),
        (
            lambda b: b.update(Context=None),
            [
                "context field 'lines' is gone",
                "context field 'Line.price' is gone",
                "context field 'note' is gone",
            ],
        ),
    ],
)
def test_what_differs_is_named(change: Callable[[Body], Any], says: list[str]) -> None:
    assert sorted(differences(fingerprint(sale()), fingerprint(sale(change)))) == sorted(says)


@pytest.mark.parametrize(
    ("pay", "says"),
    [
        (
            dearer,
            [
                "transition open: pay [covered] -> paid is gone",
                "transition open: pay [waits] (internal) is gone",
                "transition open: pay [dearer] -> paid is new",
            ],
        ),
        (swapped, ["the transitions of 'open' are tried in another order"]),
    ],
)
def test_guards_and_the_order_of_transitions_are_part_of_it(
    pay: Callable[[State, State], Any], says: list[str]
) -> None:
    assert differences(fingerprint(sale()), fingerprint(sale(pay=pay))) == says


def test_what_states_are_and_where_they_stand_is_part_of_it() -> None:
    class Flat(Workflow):
        a = State(initial=True)
        b = State()
        c = State(final=True)
        go = a.to(b)
        on = b.to(c)

    class Deep(Workflow):
        class a(State.Compound, initial=True):
            b = State(initial=True)
            memory = HistoryState()

        c = State(final=True)
        on = a.to(c)

    found = differences(fingerprint(Flat), fingerprint(Deep))
    assert "state 'a' was an ordinary state, initial, and is compound, initial" in found
    assert "state 'b' was an ordinary state, and is an ordinary state in a, initial" in found
    assert "state 'memory' is new" in found


def test_a_change_is_told_once_and_strands_nobody(file: Path) -> None:
    with ActorSystem(file) as system:
        system.start(sale(), id="s", context={"lines": []})
    changed = sale(lambda b: b.update(Context=LargerBasket))
    system = ActorSystem(file)
    with pytest.warns(DefinitionChangedWarning, match="Sale .* version 1 .* 'gift' is new"):
        system.open()
    system.get("s").ask("pay")
    system.start(changed, id="t", context={"lines": []})
    system.close()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with ActorSystem(file) as again:
            again.get("s").ask("ship")


def test_a_class_that_is_defined_later_is_compared_when_it_is_first_used(
    path: Path | None,
) -> None:
    with ActorSystem(path) as system:
        told: list[ChangedDefinition] = []
        system.events.subscribe(told.append, ChangedDefinition)
        system.start(sale(), id="s", context={"lines": []})
        changed = sale(lambda b: b.update(Context=LargerBasket))
        system._classes.clear()  # as if the module had been imported just now
        with pytest.warns(DefinitionChangedWarning, match="gift"):
            system.start(changed, context={"lines": []})
        system.start(changed, context={"lines": []})
        assert told == [ChangedDefinition("Sale", 1, ("context field 'gift' is new",))]


def test_it_can_be_an_error_and_what_is_stored_is_left_alone(file: Path) -> None:
    with ActorSystem(file) as system:
        system.start(sale(), id="s", context={"lines": []})
    sale(lambda b: b.update(Context=LargerBasket))
    for _ in range(2):
        with pytest.raises(DefinitionChanged, match="'gift' is new") as info:
            ActorSystem(file, on_changed_definition="error").open()
        assert (info.value.name, info.value.differences) == (
            "Sale",
            ("context field 'gift' is new",),
        )
    sale()
    with ActorSystem(file, on_changed_definition="error") as system:
        system.get("s").ask("pay")


def test_it_can_be_ignored(file: Path) -> None:
    with ActorSystem(file) as system:
        system.start(sale(), id="s", context={"lines": []})
    sale(lambda b: b.update(Context=LargerBasket))
    with ActorSystem(file, on_changed_definition="ignore") as system:
        system.get("s").ask("pay")


def test_a_new_version_is_no_change(file: Path) -> None:
    with ActorSystem(file) as system:
        system.start(sale(), id="s", context={"lines": []})
    changed = sale(lambda b: b.update(Context=LargerBasket, version=2))
    with ActorSystem(file) as system:
        system.start(changed, id="t", context={"lines": []})
    store = SqliteStore(file, read_only=True)
    assert store.definitions().keys() == {("Sale", 1), ("Sale", 2)}
    store.close()


def test_a_context_that_no_longer_fits_strands_that_workflow_alone(file: Path) -> None:
    with ActorSystem(file) as system:
        made = sale()
        for id, lines in (("whole", [{"price": 1}]), ("empty", [])):
            system.start(made, id=id, context={"lines": lines})

    class Words(msgspec.Struct):
        price: str

    Words.__name__ = "Line"

    @dataclass
    class Wordy:
        lines: list[Words]
        note: str | None = None

    Wordy.__annotations__["lines"] = list[Words]
    sale(lambda b: b.update(Context=Wordy))
    with ActorSystem(file, on_changed_definition="ignore") as system:
        for reach in (lambda: system.get("whole").ask("pay"), lambda: system.get("whole").context):
            with pytest.raises(VersionMismatch, match=r"lines\[0\].price"):
                reach()
        assert system.metadata("whole").sequence == 1
        system.get("empty").ask("pay")


def test_looking_at_a_store_does_not_write_to_it(file: Path) -> None:
    with ActorSystem(file) as system:
        system.start(sale(), id="s", context={"lines": []})
    sale(lambda b: b.update(Context=LargerBasket))
    for _ in range(2):
        system = ActorSystem(file, read_only=True)
        with pytest.warns(DefinitionChangedWarning):
            system.open()
        assert system.get("s").state == "open"
        system.close()


def test_a_fingerprint_that_cannot_be_read_is_a_change(file: Path) -> None:
    with ActorSystem(file) as system:
        system.start(sale(), id="s", context={"lines": []})
    store = SqliteStore(file)
    store.define("Sale", 1, b'{"odd":1}')
    store.close()
    system = ActorSystem(file)
    with pytest.warns(DefinitionChangedWarning, match="can't be read"):
        system.open()
    system.close()
