"""A state has one spelling for people, that of `ref.state`, and can be asked for by it."""

from __future__ import annotations

import pytest
from repertory.actors import ActorSystem, State, Workflow
from repertory.actors.errors import InvalidTransition, UnknownState, UnknownWorkflow


class Purchase(Workflow):
    """Two things are checked at the same time."""

    class checking(State.Parallel):
        class credit(State.Compound):
            credit_open = State(initial=True)
            credit_ok = State(final=True)
            credit_given = credit_open.to(credit_ok)

        class stock(State.Compound):
            stock_open = State(initial=True)
            stock_ok = State(final=True)
            in_stock = stock_open.to(stock_ok)

    checked = State(final=True)
    done_state_checking = checking.to(checked)


SHORT = "credit_ok+stock_open"
LONG = "checking+credit+credit_ok+stock+stock_open"


@pytest.mark.parametrize("spelt", [SHORT, LONG, "stock_open + credit_ok", "stock_open"])
def test_workflows_are_found_by_several_states_that_are_all_active(spelt: str) -> None:
    with ActorSystem() as system:
        system.start(Purchase, id="new")
        ref = system.start(Purchase, id="half")
        heard = []
        system.subscribe(heard.append, state=spelt)
        ref.ask("credit_given")
        assert ref.state == SHORT
        assert [one.id for one in system.list(Purchase, state=spelt)][-1] == "half"
        assert len(system.list(state=spelt)) == (2 if spelt == "stock_open" else 1)
        assert ref.wait_for(spelt, timeout=10).state == SHORT
        assert system.broadcast("in_stock", state=SHORT) == 1
        ref.wait_for("checked", timeout=10)
        assert [c.entry.event for c in heard if c.entry.event == "credit_given"] == (
            [] if spelt == "stock_open" else ["credit_given"]
        )


def test_of_several_states_the_one_that_is_unknown_is_named() -> None:
    with ActorSystem() as system:
        system.start(Purchase)
        with pytest.raises(UnknownState, match="has a state 'stock_opn'; did you mean 'stock_open"):
            system.list(state="credit_ok+stock_opn")


def test_the_states_that_are_named_are_those_of_classes_that_are_stored() -> None:
    with ActorSystem() as system:
        system.start(Purchase)
        with pytest.raises(UnknownState) as told:
            system.list(state="zzz")
        assert "'stock_open'" in str(told.value) and "'running'" not in str(told.value)


def test_a_refusal_says_what_the_state_takes_in_the_words_of_the_handle() -> None:
    with ActorSystem() as system:
        ref = system.start(Purchase, id="p")
        ref.ask("credit_given")
        with pytest.raises(InvalidTransition) as told:
            ref.ask("credit_given")
        assert str(told.value) == (
            f"Workflow 'p' can't take event 'credit_given' in '{SHORT}'; it takes in_stock there."
        )
        assert told.value.configuration == tuple(LONG.split("+"))


def test_the_overview_counts_by_the_innermost_states() -> None:
    with ActorSystem() as system:
        system.start(Purchase).ask("credit_given")
        assert system.overview().states == {SHORT: 1}


def test_a_class_that_is_neither_imported_nor_stored_is_refused() -> None:
    with ActorSystem() as system:
        system.start(Purchase)
        for ask in (
            lambda: system.list("Purchas"),
            lambda: system.subscribe(print, workflow="Purchas"),
            lambda: system.broadcast("in_stock", workflow="Purchas"),
        ):
            with pytest.raises(UnknownWorkflow, match="did you mean 'Purchase'") as told:
                ask()
            assert told.value.name == "Purchas"
