"""The outline of an edge: a path, and the head of its arrow."""

from __future__ import annotations

from collections.abc import Sequence

from .arrange import Station

_TURN = 9.0
_RUN_IN = 1.25
_STRAIGHT = 0.05


def number(value: float) -> str:
    """A coordinate, to a tenth of a pixel and without a trailing zero."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def edge_path(stations: Sequence[Station], head: float) -> tuple[str, str]:
    """Draw an edge through its stations.

    Args:
        stations: Where it runs straight up or down, from its source to its target.
        head: The length of the arrow's head in pixels; the line stops short of its tip.

    Returns:
        The data of the line's path, and of the arrow's head.
    """
    tip_x, start, tip_y = stations[-1]
    sign = _direction(stations)
    stop = tip_y - sign * head * 0.8
    settled = tip_y - sign * head * _RUN_IN
    x, y, end = stations[0]
    final = len(stations) - 1
    parts = [f"M{number(x)} {number(y)}"]
    for index, (x, start, end) in enumerate(stations):
        if index:
            last_x, _, last_y = stations[index - 1]
            begin = start
            if index == final and (start - settled) * sign > 0 < (settled - last_y) * sign:
                # The head must point the way in which the line arrives.
                begin = settled
            parts.append(_bend(last_x, last_y, x, begin, stations, index))
        if index == final:
            parts.append(f"V{number(stop)}")
        elif not _flat(end, stations[index + 1][1]) or abs(x - stations[index + 1][0]) < _STRAIGHT:
            # Before a lane it is the corner that says how far down to go.
            parts.append(f"V{number(end)}")
    half = head * 0.46
    base = tip_y - sign * head
    arrow = (
        f"M{number(tip_x)} {number(tip_y)}L{number(tip_x - half)} {number(base)}"
        f"L{number(tip_x + half)} {number(base)}Z"
    )
    return "".join(part for part in parts if part), arrow


def _flat(y: float, to_y: float) -> bool:
    """Whether an edge goes sideways along a lane, and neither up nor down."""
    return abs(to_y - y) < 0.5


def _direction(stations: Sequence[Station]) -> float:
    """1 when the edge arrives downwards, -1 when it arrives upwards."""
    _, start, end = stations[-1]
    if abs(end - start) < 0.5 and len(stations) > 1:
        start = stations[-2][2]
    return 1.0 if end >= start else -1.0


def _bend(
    x: float, y: float, to_x: float, to_y: float, stations: Sequence[Station], index: int
) -> str:
    if abs(to_x - x) < _STRAIGHT:
        return ""
    if _flat(y, to_y):
        # Along a lane: straight, with round corners.
        turn = min(_TURN, abs(to_x - x) / 2)
        side = turn if to_x > x else -turn
        came = turn if stations[index - 1][1] <= y else -turn
        goes = turn if stations[index][2] >= to_y else -turn
        return (
            f"V{number(y - came)}Q{number(x)} {number(y)} {number(x + side)} {number(y)}"
            f"H{number(to_x - side)}"
            f"Q{number(to_x)} {number(to_y)} {number(to_x)} {number(to_y + goes)}"
        )
    middle = (y + to_y) / 2
    return (
        f"C{number(x)} {number(middle)} {number(to_x)} {number(middle)} "
        f"{number(to_x)} {number(to_y)}"
    )
