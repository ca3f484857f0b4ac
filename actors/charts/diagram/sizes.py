"""How large states, headers and labels are, from the text on them."""

from __future__ import annotations

from .model import Edge, Node, Row
from .text import text_width

NAME = 13.0
LABEL = 11.0
BADGE = 10.5
ROW = 15.0
HEADER = 30.0
LEAF = 36.0
DOT = 6.0
HISTORY = 13.0
LOOP = 30.0
ICON = 18.0
WRAP = 170.0


def badge_width(node: Node) -> float:
    """The width of the pill with the visits, 0 without counts."""
    if node.visits is None:
        return 0.0
    return text_width(f"{node.visits:,}", BADGE, bold=True) + 12.0


def title_width(node: Node) -> float:
    """The width of the name with what stands beside it."""
    badge = badge_width(node)
    icon = ICON if node.kind == "final" else 0.0
    return text_width(node.name, NAME, bold=True) + icon + (badge + 8.0 if badge else 0.0)


def rows_width(rows: list[Row]) -> float:
    """The width of the widest line of some rows."""
    return max((text_width(line, LABEL) for row in rows for line in row_lines(row)), default=0.0)


def row_lines(row: Row) -> list[str]:
    """The row as it is written: the guard on a line of its own when it is long."""
    if row.guard and text_width(row.text, LABEL) > WRAP:
        head = " ".join(part for part in (row.label, row.count_text) if part)
        return [head, row.guard_text]
    return [row.text] if row.text else []


def leaf_size(node: Node) -> tuple[float, float]:
    """Width and height of a state without children."""
    if node.is_history:
        return 2 * HISTORY, 2 * HISTORY
    width = max(76.0, title_width(node) + 28.0, rows_width(node.internal) + 24.0)
    return width, LEAF + inside_height(node)


def header_size(node: Node) -> tuple[float, float]:
    """Width and height of the head of a state with children."""
    if node.kind == "root":
        return 0.0, 0.0
    width = max(title_width(node), rows_width(node.internal))
    return width, HEADER + inside_height(node)


def inside_height(node: Node) -> float:
    """The height of the internal transitions written inside a state."""
    lines = sum(len(row_lines(row)) for row in node.internal)
    return lines * ROW + 8.0 if lines else 0.0


def label_size(edge: Edge) -> tuple[float, float]:
    """Width and height of the label of an edge."""
    lines = sum(len(row_lines(row)) for row in edge.rows)
    return rows_width(edge.rows) + 12.0, lines * ROW + 4.0
