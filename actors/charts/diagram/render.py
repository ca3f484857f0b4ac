"""One function that draws a statechart class in any of the formats."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Literal

from .dot import render_dot
from .mermaid import render_mermaid
from .model import read_chart
from .svg import render_svg

if TYPE_CHECKING:
    from statemachine import StateChart

_RENDERERS = {"mermaid": render_mermaid, "dot": render_dot, "svg": render_svg}


def diagram(
    chart_class: type[StateChart[Any]],
    format: Literal["mermaid", "dot", "svg"] = "mermaid",
    *,
    active: Collection[str] = (),
    visits: Mapping[str, int] | None = None,
    taken: Mapping[tuple[str, str, str], int] | None = None,
    title: str | None = None,
) -> str:
    """Draw the states and transitions of a statechart class, with counts on them.

    The SVG stands by itself and needs nothing but this library: colours and thickness follow
    the counts, and it suits light and dark pages. The same arguments give the same text.
    Ids that the class does not have are left out, as counts may be older than the class.

    Args:
        chart_class: The class; it is not instantiated.
        format: `"mermaid"`, `"dot"` or `"svg"`.
        active: Ids of states to highlight.
        visits: How many times each state id was entered; None shows no such figures.
        taken: How many times each `(source id, event, target id)` was taken. The event of a
            transition that needs none is `""`, and the target of an internal one its source.
            None shows no such figures.
        title: What to write above; the class's name by default, nothing when empty.

    Returns:
        The text of the diagram.

    Raises:
        ValueError: The format is none of the three.

    Example:
        `Path("order.svg").write_text(diagram(Order, "svg", visits={"paid": 7}))`
    """
    renderer = _RENDERERS.get(format)
    if renderer is None:
        raise ValueError(
            f"diagram() cannot write {format!r}: choose one of {', '.join(_RENDERERS)}."
        )
    return renderer(read_chart(chart_class, active, visits, taken, title))
