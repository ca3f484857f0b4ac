"""How large states, headers and labels are, from the text on them."""

from __future__ import annotations

from typing import TypeAlias

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
LOOP = 28.0
ICON = 18.0
WRAP = 180.0

Line: TypeAlias = list[tuple[str, str]]
"""The words of a line, each with what it is: event, guard or count."""


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
    return max((_line_width(line) for row in rows for line in row_lines(row)), default=0.0)


def row_lines(row: Row) -> list[Line]:
    """The row as it is written: broken between words when it is long."""
    words: Line = [("event", word) for word in row.label.split()]
    words += [("guard", word) for word in row.guard_text.split()]
    if row.count_text:
        words.append(("count", row.count_text))
    lines = _broken(words, WRAP)
    # Lines of much the same length: a narrower limit, as long as it takes no line more.
    narrower = WRAP
    while narrower > WRAP / 2:
        narrower -= 8.0
        tried = _broken(words, narrower)
        if len(tried) > len(lines):
            break
        lines = tried
    return lines


def rows_height(rows: list[Row]) -> float:
    """The height of some rows under each other."""
    return sum(len(row_lines(row)) * ROW + row_gap(rows) for row in rows) - row_gap(rows)


def row_gap(rows: list[Row]) -> float:
    """What parts one row from the next, so that broken rows stay apart."""
    return 5.0 if any(len(row_lines(row)) > 1 for row in rows) else 0.0


def _broken(words: Line, limit: float) -> list[Line]:
    lines: list[Line] = []
    for word in words:
        if lines and _line_width([*lines[-1], word]) <= limit:
            lines[-1].append(word)
        else:
            lines.append([word])
    return lines


def _line_width(line: Line) -> float:
    return text_width(" ".join(word for _, word in line), LABEL)


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
    return rows_height(node.internal) + 8.0 if node.internal else 0.0


def label_size(edge: Edge) -> tuple[float, float]:
    """Width and height of the label of an edge."""
    return rows_width(edge.rows) + 12.0, rows_height(edge.rows) + 4.0
