"""The diagram as an SVG that stands by itself: no fonts, scripts or files from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from .model import Chart, Edge, Node, Row
from .nest import Drawing, Rect, Route, lay_out
from .paths import edge_path, number
from .sizes import (
    BADGE,
    DOT,
    HEADER,
    HISTORY,
    ICON,
    LEAF,
    LOOP,
    NAME,
    ROW,
    Line,
    badge_width,
    inside_height,
    label_size,
    row_gap,
    row_lines,
    title_width,
)
from .text import printable, text_width
from .theme import level, line_width, style_sheet

_HEADING = 34.0
_LEGEND = 26.0
_LEGEND_TEXT = "Colour: times entered. Thickness: times taken. Grey: never."


def render_svg(chart: Chart) -> str:
    """Draw a chart as SVG."""
    drawing = lay_out(chart)
    return _Painter(chart, drawing).page()


def _attributes(**values: str | float) -> str:
    return "".join(
        f" {name.rstrip('_').replace('_', '-')}="
        f"{quoteattr(printable(value)) if isinstance(value, str) else quoteattr(number(value))}"
        for name, value in values.items()
    )


def _text(content: str) -> str:
    return escape(printable(content))


class _Painter:
    def __init__(self, chart: Chart, drawing: Drawing) -> None:
        self.chart = chart
        self.drawing = drawing
        self.most_taken = chart.most_taken
        self.most_visits = chart.most_visits

    def page(self) -> str:
        counted = any(edge.count is not None for edge in self.chart.edges) or any(
            node.visits is not None for node in self.chart.states
        )
        heading = _HEADING if self.chart.title else 0.0
        wide = max(
            self.drawing.width,
            text_width(self.chart.title, 16, bold=True) + 40,
            text_width(_LEGEND_TEXT, 11) + 40 if counted else 0.0,
        )
        high = self.drawing.height + heading + (_LEGEND if counted else 0.0)
        left = (wide - self.drawing.width) / 2
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="rd"'
            f"{_attributes(width=wide, height=high, viewBox=f'0 0 {number(wide)} {number(high)}')}"
            f' role="img">',
            f"<title>{_text(self.chart.title or 'State diagram')}</title>",
            f"<style>\n{style_sheet()}\n</style>",
            f'<rect class="canvas"{_attributes(width=wide, height=high)}/>',
        ]
        if self.chart.title:
            lines.append(f'<text class="heading" x="20" y="28">{_text(self.chart.title)}</text>')
        lines.append(f'<g transform="translate({number(left)} {number(heading)})">')
        lines += self.body()
        lines.append("</g>")
        if counted:
            lines.append(
                f'<text class="legend"{_attributes(x=20.0, y=high - 14)}>{_LEGEND_TEXT}</text>'
            )
        lines.append("</svg>")
        return "\n".join(lines) + "\n"

    def body(self) -> Iterator[str]:
        rects = self.drawing.rects
        holders = [node for node in self.chart.states if node.children]
        leaves = [node for node in self.chart.states if not node.children]
        for node in holders:
            yield from self.container(node, rects[node])
        for node in leaves:
            if node.is_region:
                yield from self.separator(node, rects[node])
        # Busy edges last, so that they lie on top of those that are never taken.
        routes = sorted(self.drawing.routes, key=lambda route: _busy(route.edge))
        for route in routes:
            yield from self.line(route)
        for x, y in self.drawing.dots:
            yield f'<circle class="dot"{_attributes(cx=x, cy=y, r=DOT)}/>'
        for node in leaves:
            yield from self.leaf(node, rects[node])
        for node in holders:
            yield from self.header(node, rects[node])
        for route in self.drawing.routes:
            if route.edge is not None and route.label_at is not None:
                yield from self.label(route.edge, *route.label_at)
        for node, edge in self.drawing.loops.items():
            yield from self.loop(edge, rects[node])

    def container(self, node: Node, rect: Rect) -> Iterator[str]:
        depth = sum(1 for _ in node.ancestors())
        if node.is_region:
            yield from self.separator(node, rect)
            yield _box("region", rect, 9.0, "odd" if depth % 2 else "even", inset=1.5)
        else:
            yield _box("box", rect, 10.0, "odd" if depth % 2 else "even")
        if node.active:
            yield _box("ring", rect, 10.0, inset=4.0 if node.is_region else 0.0)

    def separator(self, node: Node, rect: Rect) -> Iterator[str]:
        assert node.parent is not None
        if node.parent.children[0] is not node:
            yield (
                f'<path class="separator" d="M{number(rect.x)} {number(rect.y)}'
                f'V{number(rect.y + rect.height)}"/>'
            )

    def header(self, node: Node, rect: Rect) -> Iterator[str]:
        depth = sum(1 for _ in node.ancestors())
        width = title_width(node)
        left = self.drawing.heads[node]
        shade = "odd" if depth % 2 else "even"
        yield f'<g class="state {node.kind}"{_attributes(data_state=node.id)}>'
        back = Rect(left - 4, rect.y + 5, width + 8, 21)
        yield _box("back", back, 4.0, shade)
        yield from self.title(node, left, rect.y + HEADER / 2 + 1)
        yield from self.rows(node.internal, rect.x + 14, rect.y + HEADER, "start")
        yield "</g>"

    def leaf(self, node: Node, rect: Rect) -> Iterator[str]:
        x, y = rect.x + rect.width / 2, rect.y + rect.height / 2
        yield f'<g class="state {node.kind}"{_attributes(data_state=node.id)}>'
        yield f"<title>{_text(node.name)}</title>"
        if node.is_history:
            symbol = "H" if node.kind == "history" else "H*"
            yield f'<circle class="box"{_attributes(cx=x, cy=y, r=HISTORY)}/>'
            yield (
                f'<text class="symbol" text-anchor="middle"{_attributes(x=x, y=y + 4.2)}>'
                f"{symbol}</text>"
            )
            yield "</g>"
            return
        heat = level(node.visits, self.most_visits)
        shade = "" if heat is None else f"f{heat}"
        if not node.is_region:
            yield _box("box", rect, 9.0, shade)
            if node.kind == "final":
                yield _box("inner", rect, 6.5, inset=3.0)
        if node.active:
            yield _box("ring", rect, 9.0, inset=4.0 if node.is_region else 0.0)
        tall = LEAF + inside_height(node)
        middle = y - tall / 2 + LEAF / 2
        yield from self.title(node, x - title_width(node) / 2, middle)
        if node.internal:
            line = middle + LEAF / 2 - 3
            yield (
                f'<path class="inner" d="M{number(rect.x)} {number(line)}'
                f'H{number(rect.x + rect.width)}"/>'
            )
            yield from self.rows(node.internal, x, line + 3, "middle")
        yield "</g>"

    def title(self, node: Node, x: float, middle: float) -> Iterator[str]:
        if node.kind == "final":
            yield f'<circle class="icon-ring"{_attributes(cx=x + 6, cy=middle, r=5.5)}/>'
            yield f'<circle class="icon"{_attributes(cx=x + 6, cy=middle, r=3.0)}/>'
            x += ICON
        yield f'<text class="name"{_attributes(x=x, y=middle + 4.5)}>{_text(node.name)}</text>'
        if node.visits is not None:
            x += text_width(node.name, NAME, bold=True) + 8
            heat = level(node.visits, self.most_visits)
            wide = badge_width(node)
            shade = "chip" if not node.children else f"badge f{heat}"
            yield _box(shade, Rect(x, middle - 8, wide, 16), 8.0)
            yield (
                f'<text class="badge-text" text-anchor="middle"'
                f"{_attributes(x=x + wide / 2, y=middle + BADGE * 0.36)}>{node.visits:,}</text>"
            )

    def rows(self, rows: list[Row], x: float, top: float, anchor: str) -> Iterator[str]:
        for row in rows:
            lines = row_lines(row)
            if not lines:
                continue
            event = _attributes(text_anchor=anchor, data_event=row.event)
            parts = [f'<text class="row transition"{event}>']
            for line in lines:
                top += ROW
                parts.append(f"<tspan{_attributes(x=x, y=top - 4)}>{_spans(line)}</tspan>")
            top += row_gap(rows)
            yield "".join([*parts, "</text>"])

    def line(self, route: Route) -> Iterator[str]:
        edge = route.edge
        count = edge.count if edge else None
        wide = line_width(count, self.most_taken)
        path, head = edge_path(route.stations, 7.0 + wide * 1.1)
        yield f"<g{_edge_attributes(edge, level(count, self.most_taken))}>"
        yield f'<path class="line"{_attributes(d=path, stroke_width=wide)}/>'
        yield f'<path class="head"{_attributes(d=head)}/></g>'

    def label(self, edge: Edge, x: float, y: float) -> Iterator[str]:
        wide, high = label_size(edge)
        yield f'<g class="label"{_ends(edge)}>'
        whole = [row.guard for row in edge.rows if row.is_cut]
        if whole:
            yield f"<title>{_text('; '.join(whole))}</title>"
        yield _box("chip", Rect(x - wide / 2, y - high / 2, wide, high), 5.0)
        yield from self.rows(edge.rows, x, y - high / 2 + 2, "middle")
        yield "</g>"

    def loop(self, edge: Edge, rect: Rect) -> Iterator[str]:
        wide = line_width(edge.count, self.most_taken)
        head = 7.0 + wide * 1.1
        right, middle = rect.x + rect.width, rect.y + rect.height / 2
        far = right + LOOP
        out, back = number(far + 2), number(middle + 8)
        path = (
            f"M{number(right)} {number(middle - 7)}C{out} {number(middle - 17)} "
            f"{out} {number(middle + 9)} {number(right + head * 0.8)} {back}"
        )
        half = head * 0.46
        arrow = (
            f"M{number(right)} {back}L{number(right + head)} "
            f"{number(middle + 8 - half)}V{number(middle + 8 + half)}Z"
        )
        yield f"<g{_edge_attributes(edge, level(edge.count, self.most_taken))}>"
        yield f'<path class="line"{_attributes(d=path, stroke_width=wide)}/>'
        yield f'<path class="head"{_attributes(d=arrow)}/></g>'
        width, _ = label_size(edge)
        yield from self.label(edge, far + width / 2, middle)


def _busy(edge: Edge | None) -> int:
    return 0 if edge is None or edge.count is None else edge.count


def _ends(edge: Edge) -> str:
    return _attributes(data_source=edge.source.id, data_target=edge.target.id)


def _edge_attributes(edge: Edge | None, heat: int | None) -> str:
    if edge is None:
        return ' class="edge initial"'
    kind = "edge eventless" if edge.eventless else "edge"
    return _attributes(class_=kind if heat is None else f"{kind} e{heat}") + _ends(edge)


def _box(name: str, rect: Rect, radius: float, shade: str = "", inset: float = 0.0) -> str:
    return (
        f'<rect class="{name}{" " + shade if shade else ""}"'
        + _attributes(
            x=rect.x + inset,
            y=rect.y + inset,
            width=max(0.0, rect.width - 2 * inset),
            height=max(0.0, rect.height - 2 * inset),
            rx=radius,
        )
        + "/>"
    )


def _spans(line: Line) -> str:
    """One line of a row, its guard and its count each in a look of its own."""
    spans = []
    for style, words in groupby(line, key=lambda word: word[0]):
        content = _text(" ".join(word for _, word in words))
        spans.append(content if style == "event" else f'<tspan class="{style}">{content}</tspan>')
    return " ".join(spans)
