"""A document that changes is told of, and its stored workflows go on by a migration."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
from repertory.actors import ActorSystem, Stored, load_definitions, migrates
from repertory.actors.errors import (
    BadDefinition,
    DefinitionChanged,
    DefinitionChangedWarning,
    VersionMismatch,
)

from .samples import ORDER, Anything, book

NAMED = ORDER.replace('"document_order"', '"changing_order"')


def load(path: Path, text: str, **options: Any) -> Any:
    """Write the document anew, and load it as the next process does."""
    name = path.parent.name  # one for each test: all are known in this process
    path.write_text(text.replace("changing_order", name), encoding="utf-8")
    return load_definitions(path, actions=Anything(book=book), **options)[name]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (">= context.total", "> context.total", "guard covered"),
        ('do = "book" }]', 'do = "book_it" }]', "actions of pay in basket"),
        ('enter = "confirm"', 'enter = "confirm_it"', "entry actions of paid"),
        ('on.cancel = "cancelled"', 'on.cancel = "shipped"\non.x = "cancelled"', "'basket'|cancel"),
        ("received = 0", "received = 0.0", "context field 'received'"),
        ('on.ship = "shipped"', 'on.ship = "shipped"\nagents = []', ""),
        ("[states.paid]", '[states.paid]\ndescription = "paid for"', ""),
    ],
)
def test_a_change_that_matters_is_told_once_and_one_that_does_not_is_not(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    path, store = tmp_path / "order.toml", tmp_path / "orders.db"
    with ActorSystem(store) as system:
        system.start(load(path, NAMED), context={"total": 3})
    assert old in NAMED
    changed = load(path, NAMED.replace(old, new))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if told:
            strict = ActorSystem(store, on_changed_definition="error")
            with pytest.raises(DefinitionChanged, match=told), strict as system:
                system.start(changed, context={"total": 3})
            warned = pytest.warns(DefinitionChangedWarning, match=told)
            with warned, ActorSystem(store) as system:
                system.start(changed, context={"total": 3})
        with ActorSystem(store) as system:
            system.start(changed, context={"total": 3})


NEXT = """\
workflow = "changing_order"
version = 2

[context]
total = "integer"
received = 0
currency = "string"

[states.open]
on.pay = { to = "paid", do = "book" }

[states.paid]
final = true
"""


@migrates(from_=1, to=2)
def name_the_currency(stored: Stored) -> Stored:
    stored.rename_state("basket", "open")
    stored.context["currency"] = "EUR"
    return stored


def test_a_migration_takes_stored_workflows_to_the_next_version(tmp_path: Path) -> None:
    path, store = tmp_path / "order.toml", tmp_path / "orders.db"
    with ActorSystem(store) as system:
        system.start(load(path, NAMED), id="o", context={"total": 3})
    load(path, NEXT)
    with ActorSystem(store) as system, pytest.raises(VersionMismatch):
        system.get("o").ask("pay", amount=3)
    load(path, NEXT, migrations={tmp_path.name: [name_the_currency]})
    with ActorSystem(store) as system:
        ref = system.get("o")
        ref.ask("pay", amount=3)
        assert (ref.state, ref.context.currency) == ("paid", "EUR")


def test_migrations_of_a_module_of_actions_are_found() -> None:
    import types

    module = types.ModuleType("changing_actions")
    vars(module).update(book=book, name_the_currency=name_the_currency)
    order = load_definitions(NEXT, actions=module)["changing_order"]
    assert order.migrations[1] is name_the_currency


def test_migrations_of_a_workflow_that_there_is_not_are_refused() -> None:
    with pytest.raises(BadDefinition, match="describes no workflow 'ordr'"):
        load_definitions(NEXT, migrations={"ordr": [name_the_currency]})


def test_the_first_number_of_a_swarm_version_is_the_version_of_its_workflows() -> None:
    from .samples import HEAD, TWO_STATES

    for written, version in (("1.0", 1), ("2.3.1", 2), ("0.9", 1), ("10", 10)):
        text = (HEAD + TWO_STATES).replace('"1.0"', f'"{written}"')
        assert load_definitions(text)["document_example"].version == version
