"""The colours and fonts of the SVG, for light pages and for dark ones."""

from __future__ import annotations

import math
from collections.abc import Sequence

LEVELS = 5
FONT = "Helvetica, Arial, 'Liberation Sans', 'Segoe UI', Roboto, sans-serif"

_FILLS = ("#e0f2fe", "#bae6fd", "#7dd3fc", "#4cc0f7", "#22a7ec")
_LINES = ("#86a9cd", "#5f92c6", "#3d7cc0", "#1e66b4", "#0b4f9c")
_LIGHT: dict[str, str] = {
    "canvas": "#ffffff",
    "text": "#0f172a",
    "muted": "#64748b",
    "line": "#64748b",
    "border": "#94a3b8",
    "leaf": "#ffffff",
    "even": "#f1f5f9",
    "odd": "#f8fafc",
    "never": "#c3cddb",
    "active": "#d97706",
    "strong": "#0b4f9c",
}
_DARK_FILLS = ("#1c3556", "#1b4470", "#1a548d", "#1a64aa", "#1a73c7")
_DARK_LINES = ("#567ba3", "#6193c6", "#71abe2", "#86c1f8", "#b3dcff")
_DARK: dict[str, str] = {
    "canvas": "#0f172a",
    "text": "#f1f5f9",
    "muted": "#94a3b8",
    "line": "#94a3b8",
    "border": "#475569",
    "leaf": "#1e293b",
    "even": "#172136",
    "odd": "#131c30",
    "never": "#3b4a61",
    "active": "#fbbf24",
    "strong": "#9bd0ff",
}


def level(count: int | None, most: int) -> int | None:
    """The step of the colour scale for a count: 0 for never, 5 for the most."""
    if count is None:
        return None
    if count <= 0 or most <= 0:
        return 0
    return max(1, math.ceil(math.sqrt(count / most) * LEVELS))


def line_width(count: int | None, most: int) -> float:
    """The thickness of an edge in pixels, growing with the root of its count."""
    if count is None:
        return 1.5
    if count <= 0 or most <= 0:
        return 1.1
    return 1.5 + 4.0 * math.sqrt(count / most)


def fill_colour(heat: int | None) -> str:
    """The light fill for a step of the scale, for formats without style sheets."""
    return _FILLS[heat - 1] if heat else _LIGHT["leaf"]


def line_colour(heat: int | None) -> str:
    """The light line for a step of the scale: grey without counts, pale for never."""
    if heat is None:
        return _LIGHT["line"]
    return _LINES[heat - 1] if heat else _LIGHT["never"]


def style_sheet() -> str:
    """The style sheet: light by default, dark where the reader asks for it.

    Colours are written out in both, as some renderers know no custom properties.
    """
    dark = "\n".join(f"  {line}" for line in _colours(_DARK, _DARK_FILLS, _DARK_LINES))
    fixed = [
        f".rd text {{ font-family: {FONT}; }}",
        ".rd .edge path.line { fill: none; stroke-linecap: butt; }",
        ".rd .eventless path.line { stroke-dasharray: 6 4; }",
        ".rd .separator { fill: none; stroke-width: 1.2; stroke-dasharray: 6 5; }",
        ".rd .name { font-size: 13px; font-weight: 600; }",
        ".rd .heading { font-size: 16px; font-weight: 700; }",
        ".rd .legend, .rd .row { font-size: 11px; }",
        ".rd .badge-text { font-size: 10.5px; font-weight: 700; }",
        ".rd .symbol { font-size: 12px; font-weight: 700; }",
        ".rd .guard { font-style: italic; }",
        ".rd .count { font-weight: 700; }",
        ".rd .box { stroke-width: 1.4; }",
        ".rd .inner, .rd .icon-ring { fill: none; stroke-width: 1.1; }",
        ".rd .ring { fill: none; stroke-width: 3; }",
    ]
    return "\n".join(
        [
            *fixed,
            *_colours(_LIGHT, _FILLS, _LINES),
            "@media (prefers-color-scheme: dark) {",
            dark,
            "}",
        ]
    )


def _colours(p: dict[str, str], fills: Sequence[str], lines: Sequence[str]) -> list[str]:
    rules = [
        f".rd .canvas, .rd .chip {{ fill: {p['canvas']}; }}",
        f".rd text {{ fill: {p['text']}; }}",
        f".rd .guard, .rd .legend {{ fill: {p['muted']}; }}",
        f".rd .count {{ fill: {p['strong']}; }}",
        f".rd .icon, .rd .state .guard, .rd .state .count {{ fill: {p['text']}; }}",
        f".rd .icon-ring {{ stroke: {p['text']}; }}",
        f".rd .box {{ fill: {p['leaf']}; stroke: {p['border']}; }}",
        f".rd .even {{ fill: {p['even']}; }}",
        f".rd .odd {{ fill: {p['odd']}; }}",
        f".rd .separator, .rd .inner {{ stroke: {p['border']}; }}",
        f".rd .line {{ stroke: {p['line']}; }}",
        f".rd .head, .rd .dot {{ fill: {p['line']}; }}",
        f".rd .badge {{ fill: {p['never']}; }}",
        f".rd .f0 {{ fill: {p['leaf']}; stroke: {p['never']}; }}",
        f".rd .e0 .line {{ stroke: {p['never']}; }}",
        f".rd .e0 .head {{ fill: {p['never']}; }}",
    ]
    for index, (fill, line) in enumerate(zip(fills, lines, strict=True), start=1):
        rules += [
            f".rd .f{index} {{ fill: {fill}; stroke: {lines[-1]}; }}",
            f".rd .e{index} .line {{ stroke: {line}; }}",
            f".rd .e{index} .head {{ fill: {line}; }}",
        ]
    rules.append(f".rd .ring {{ stroke: {p['active']}; }}")
    return rules
