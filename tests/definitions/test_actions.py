"""How names of actions find their functions."""

from __future__ import annotations

import asyncio
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from repertory.actors import ActorSystem, action, load_definitions
from repertory.actors.definitions import actions as registry
from repertory.actors.errors import BadDefinition, UnboundActions

from .samples import ORDER, book

ONE = """\
workflow = "document_one"
[states.a]
on.go = { to = "b", do = "tested.act" }
[states.b]
final = true
"""


def go(definitions: Any, **data: Any) -> Any:
    (workflow,) = definitions.values()
    with ActorSystem() as system:
        ref = system.start(workflow)
        answer = ref.ask("go", data)
        assert ref.state == "b"
        return answer


def test_a_decorated_function_is_found_by_its_name() -> None:
    @action("tested.act")
    def act(workflow: Any, amount: int) -> int:
        return amount + 1

    try:
        assert go(load_definitions(ONE), amount=2) == 3
    finally:
        del registry._registered["tested.act"]


def test_two_functions_can_not_have_one_name_but_one_may_be_defined_anew() -> None:
    def one(workflow: Any) -> None: ...
    def other(workflow: Any) -> None: ...

    action("tested.twice")(one)
    try:
        action("tested.twice")(one)
        with pytest.raises(BadDefinition, match=r"other .*'tested\.twice'"):
            action("tested.twice")(other)
    finally:
        del registry._registered["tested.twice"]


def test_what_is_given_comes_before_what_is_decorated() -> None:
    @action("tested.act")
    def act(workflow: Any) -> str:
        return "decorated"

    try:
        assert go(load_definitions(ONE, actions={"tested.act": lambda w: "given"})) == "given"
        both = [{}, {"tested.act": lambda w: "second"}]
        assert go(load_definitions(ONE, actions=both)) == "second"
    finally:
        del registry._registered["tested.act"]


def test_functions_of_a_module_are_found_by_their_names() -> None:
    module = types.ModuleType("some_actions")
    vars(module).update(book=book, confirm=lambda workflow: None)
    order = load_definitions(ORDER, actions=module)["document_order"]
    with ActorSystem() as system:
        assert system.start(order, context={"total": 3}).ask("pay", amount=3) == 3


def test_functions_of_installed_packages_are_found_by_their_entry_points(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "acting-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: acting\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[repertory.actions]\ntested.act = acting:act\n")
    (tmp_path / "acting.py").write_text("def act(workflow):\n    return 'installed'\n")
    monkeypatch.syspath_prepend(tmp_path)
    registry._entry_points.cache_clear()
    try:
        assert go(load_definitions(ONE)) == "installed"
        (tmp_path / "acting.py").write_text("raise RuntimeError('broken')\n")
        sys.modules.pop("acting")
        with pytest.raises(UnboundActions, match="acting:act, which can't be imported: broken"):
            go(load_definitions(ONE))
        with pytest.raises(UnboundActions) as caught:
            go(load_definitions(ONE.replace('"tested.act"', '["tested.act", "tested.nobody"]')))
        assert caught.value.actions == ("tested.act", "tested.nobody")
    finally:
        registry._entry_points.cache_clear()
        sys.modules.pop("acting", None)


def test_what_is_not_bound_yet_can_be_bound_and_started_again() -> None:
    definitions = load_definitions(ONE)
    with pytest.raises(UnboundActions, match=r"tested\.act"):
        go(definitions)
    action("tested.act")(lambda workflow: "bound")
    try:
        assert go(definitions) == "bound"
    finally:
        del registry._registered["tested.act"]


class Acting:
    """An object whose method and self are actions."""

    def method(self, workflow: Any, amount: int = 0) -> Any:
        return ("method", amount)[1]

    def __call__(self, workflow: Any) -> str:
        return "called"


async def waits(workflow: Any) -> str:
    await asyncio.sleep(0)
    return "waited"


async def waits_alone() -> str:
    await asyncio.sleep(0)
    return "alone"


@pytest.mark.parametrize(
    ("function", "answer"),
    [
        (lambda workflow, event, amount=1: f"{event} {amount}", "go 4"),
        (lambda: "nothing asked", "nothing asked"),
        (lambda workflow, **data: sorted(data)[0], "amount"),
        (Acting().method, 4),
        (Acting(), "called"),
        (waits, "waited"),
        (waits_alone, "alone"),
    ],
)
def test_any_callable_gets_the_workflow_and_what_it_names(function: Any, answer: Any) -> None:
    assert go(load_definitions(ONE, actions={"tested.act": function}), amount=4) == answer


def test_a_document_runs_without_a_system_as_a_unit_test_does() -> None:
    order = load_definitions(ORDER, actions={"book": book, "confirm": print})["document_order"]
    chart = order({"total": 3})
    assert chart.pay(amount=1) == 1
    assert chart.basket.is_active
