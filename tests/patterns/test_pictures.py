"""The pictures of the patterns in docs are those of the classes as they are.

Run it as a script to draw them anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from repertory.actors import Workflow, patterns
from repertory.actors.charts.diagram import diagram

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
PICTURES: dict[str, type[Workflow]] = {
    "saga": patterns.Saga,
    "gathering": patterns.MapReduce,
    "pipeline": patterns.Pipeline,
    "approval": patterns.Approval,
    "retry": patterns.Retry,
    "poll-until": patterns.PollUntil,
    "human-task": patterns.HumanTask,
    "rate-limited-queue": patterns.RateLimitedQueue,
}


def drawn(name: str) -> str:
    title = "MapReduce, FanOut" if name == "gathering" else PICTURES[name].__name__
    return diagram(PICTURES[name], "svg", title=title)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_up_to_date(name: str) -> None:
    assert (FOLDER / f"{name}.svg").read_text(encoding="utf-8") == drawn(name)


def test_each_pattern_is_on_the_page_with_its_picture() -> None:
    page = (FOLDER.parent / "patterns.md").read_text(encoding="utf-8")
    assert [name for name in patterns.__all__ if f"`{name}`" not in page] == []
    assert [name for name in PICTURES if f"(pictures/{name}.svg)" not in page] == []


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in PICTURES:
        (FOLDER / f"{name}.svg").write_text(drawn(name), encoding="utf-8")
