"""The outcomes as a picture: rates beside their limit, and how cost grows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .plan import OURS
from .rounds import Outcome

OTHERS, MINE, LIMIT = "#9aa5b1", "#2f6f8f", "#d0d5da"


def draw(outcomes: list[Outcome], path: Path) -> None:
    """Draw an SVG.

    Raises:
        ImportError: matplotlib is not installed.
    """
    from matplotlib.figure import Figure

    bars = [o for o in outcomes if o.case.name in ("many", "one") and o.figures]
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.case.group and OURS in outcome.figures:
            groups.setdefault(outcome.case.group, []).append(outcome)
    rows = [row for row in (bars, list(groups)) if row]
    if not rows:
        return  # what was measured is no bar and no line
    figure: Any = Figure(figsize=(12, 4 * len(rows)), layout="constrained")
    parts = figure.subfigures(len(rows), 1, squeeze=False)[:, 0]
    if bars:
        axes = parts[0].subplots(1, len(bars), squeeze=False)[0]
        for axis, outcome in zip(axes, bars, strict=True):
            _bars(axis, outcome)
    if groups:
        axes = parts[-1].subplots(1, len(groups), squeeze=False)[0]
        for axis, (name, points) in zip(axes, groups.items(), strict=True):
            _line(axis, name, points)
    figure.savefig(path)


def _bars(axis: Any, outcome: Outcome) -> None:
    labels = sorted(outcome.figures, key=outcome.median)
    colours = [
        MINE if label == OURS else LIMIT if label == outcome.case.limit else OTHERS
        for label in labels
    ]
    medians = [outcome.median(label) for label in labels]
    low = [m - min(outcome.values(label)) for m, label in zip(medians, labels, strict=True)]
    high = [max(outcome.values(label)) - m for m, label in zip(medians, labels, strict=True)]
    drawn = axis.barh(labels, medians, color=colours, xerr=(low, high), ecolor="#444444")
    axis.bar_label(drawn, [f"  {median:,.0f}/s" for median in medians], label_type="center")
    axis.set_xscale("log")
    axis.set_title(outcome.case.title, fontsize=10)
    axis.set_xlabel("durable events a second")
    axis.spines[["top", "right"]].set_visible(False)


def _line(axis: Any, name: str, points: list[Outcome]) -> None:
    xs = [outcome.case.x for outcome in points]
    for label, colour in ((points[0].case.limit, OTHERS), (OURS, MINE)):
        held = [(x, o) for x, o in zip(xs, points, strict=True) if label in o.figures]
        axis.plot(
            [x for x, _ in held],
            [o.median(label) for _, o in held],
            marker="o",
            color=colour,
            label=label,
        )
        axis.fill_between(
            [x for x, _ in held],
            [min(o.values(label)) for _, o in held],
            [max(o.values(label)) for _, o in held],
            color=colour,
            alpha=0.2,
        )
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xlabel("bytes of context" if name == "context" else name)
    axis.set_ylabel("durable events a second")
    axis.legend(frameon=False)
    axis.spines[["top", "right"]].set_visible(False)
