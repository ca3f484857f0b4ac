"""The outcomes as a picture: a line for each benchmark, a dot for each runtime."""

from __future__ import annotations

import math
from html import escape
from pathlib import Path

from .report import number
from .rounds import Outcome
from .stages.catalogue import OURS, Runtime

COLOURS = ("#c2410c", "#2f6f8f", "#7a8699", "#8a6bb1", "#4d8f5b", "#b58b2a", "#111827")
LEFT, RIGHT, TOP, LINE, WIDTH = 200, 30, 70, 24, 960


def draw(outcomes: list[Outcome], runtimes: list[Runtime], path: Path) -> None:
    """Write an SVG of the times for one operation, on a logarithmic scale."""
    held = [o for o in outcomes if o.figure == "us" and o.figures]
    values = [value for o in held for name in o.figures for value in o.values(name)]
    if not values:
        return
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    span = max(1, high - low)

    def across(value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(value) - low) / span

    height = TOP + LINE * len(held) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="{LEFT}" y="20" font-size="14">Time for one operation: median, lowest to '
        f"highest; further left is better</text>",
    ]
    for power in range(low, high + 1):
        x = across(10.0**power)
        parts.append(
            f'<line x1="{x:.1f}" y1="{TOP - 14}" x2="{x:.1f}" y2="{height - 30}" '
            f'stroke="#e3e6ea"/><text x="{x:.1f}" y="{height - 12}" text-anchor="middle" '
            f'fill="#555">{_label(power)}</text>'
        )
    place = LEFT
    colours = {}
    for runtime, colour in zip(runtimes, COLOURS, strict=False):
        colours[runtime.name] = colour
        parts.append(
            f'<circle cx="{place}" cy="40" r="5" fill="{colour}"/>'
            f'<text x="{place + 9}" y="44">{escape(runtime.name)}</text>'
        )
        place += 30 + 8 * len(runtime.name)
    for row, outcome in enumerate(held):
        y = TOP + LINE * row
        parts.append(
            f'<text x="{LEFT - 12}" y="{y + 4}" text-anchor="end">{outcome.case.name}</text>'
            f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}" stroke="#f0f1f3"/>'
        )
        # Ours last, so that it lies on top.
        for name in sorted(outcome.figures, key=OURS.__eq__):
            spread, median = outcome.values(name), outcome.median(name)
            colour = colours[name]
            parts.append(
                f'<line x1="{across(min(spread)):.1f}" y1="{y}" x2="{across(max(spread)):.1f}" '
                f'y2="{y}" stroke="{colour}" stroke-width="2" stroke-opacity="0.5"/>'
                f'<circle cx="{across(median):.1f}" cy="{y}" r="5" fill="{colour}">'
                f"<title>{escape(name)}: {number(median)} µs</title></circle>"
            )
    parts.append("</svg>")
    path.write_text("\n".join(parts) + "\n")


def _label(power: int) -> str:
    if power >= 6:
        return f"{10 ** (power - 6):,} s"
    if power >= 3:
        return f"{10 ** (power - 3):,} ms"
    return f"{10.0**power:g} µs"
