"""One function that draws a statechart class in any of the formats."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Literal

from .model import read_chart
from .svg import render_svg

if TYPE_CHECKING:
    from statemachine import StateChart


def diagram(
    chart_class: type[StateChart],
    format: Literal["mermaid", "dot", "svg"] = "mermaid",
    *,
    active: Collection[str] = (),
    visits: Mapping[str, int] | None = None,
    taken: Mapping[tuple[str, str, str], int] | None = None,
    title: str | None = None,
) -> str:
    chart = read_chart(chart_class, active, visits, taken, title)
    return render_svg(chart)
