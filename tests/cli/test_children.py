"""What the command line tells of workflows that have started others."""

from __future__ import annotations

from pathlib import Path

from repertory.actors import ActorSystem, State, Workflow

from .conftest import Run


class Mother(Workflow):
    """Starts one child as it begins."""

    here = State(initial=True)
    gone = State(final=True)
    leave = here.to(gone)

    class Context:
        bears: bool = True

    def on_enter_here(self) -> None:
        if self.context.bears:
            self.start_child(type(self), context={"bears": False}, name="first")


def test_show_tells_of_children_and_of_the_parent(run: Run, tmp_path: Path) -> None:
    store = tmp_path / "family.db"
    with ActorSystem(store, synchronous="OFF") as system:
        system.start(Mother, id="m")
        system.settle(timeout=30)
    told = run("show", "m", "--store", store, "--json").json
    assert told["children"] == [{"name": "first", "id": "m/first", "states": ["here"]}]
    assert told["parent"] is None
    assert "child    first: m/first, here" in run("show", "m", "--store", store).out
    assert "parent   m" in run("show", "m/first", "--store", store).out
