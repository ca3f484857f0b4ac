"""The inside of a parallel state: regions side by side, and lanes for what joins them."""

from __future__ import annotations

from collections.abc import Mapping

from .arrange import APART, CORNER, Box, Link
from .coordinates import attach
from .model import Node
from .plan import End, Level, Port, Step

_SHELF = 10.0
_EDGE = 12.0


def lay_regions(
    level: Level, boxes: Mapping[End, Box], links: Mapping[Step, Link]
) -> tuple[float, float]:
    """Place the regions of a parallel state from left to right, all of one height.

    An edge between two regions leaves both by the bottom and runs along a lane below them;
    each label has a lane to itself, so none covers another.

    Returns:
        The width and the height of the whole.
    """
    members = [(end, boxes[end]) for end in level.ends if isinstance(end, Node)]
    width = 0.0
    tallest = max(box.height for _, box in members)
    ceiling = sum(
        _lane_height(link) for step, link in links.items() if step.labelled and _port_side(step)
    )
    for node, box in members:
        margin = _EDGE if node.is_history else 0.0
        box.x = width + margin + box.half
        width += 2 * (box.half + margin) + box.tail
        box.y = ceiling + ((tallest - box.height) / 2 if node.is_history else 0.0)
        if not node.is_history:
            box.height = tallest
    width = max([width, *(link.label[0] + 2 * _EDGE for link in links.values() if link.label)])
    spots = _spots(links)
    top, bottom = 0.0, ceiling + tallest
    lanes: dict[Step, float] = {}
    for step, link in links.items():
        upwards = bool(_port_side(step))
        crossing = _port_side(step) is None
        if not (crossing or step.labelled):
            continue
        tall = _lane_height(link)
        lanes[step] = (top if upwards else bottom) + tall / 2
        if upwards:
            top += tall
        else:
            bottom += tall
    height = bottom + (_SHELF if bottom > ceiling + tallest else 0.0)
    for step, link in links.items():
        first, last = spots[step]
        side = _port_side(step)
        if side is None:
            floor = lanes[step]
            link.stations = [
                (first, link.upper.y + link.upper.height, floor),
                (last, floor, link.lower.y + link.lower.height),
            ]
        elif side:
            link.stations = [(last, 0.0, link.lower.y)]
            link.upper.x = last
        else:
            link.stations = [(first, link.upper.y + link.upper.height, height)]
            link.lower.x = first
        if link.label:
            half = link.label[0] / 2
            middle = (first + last) / 2 if side is None else (last if side else first)
            link.label_at = min(max(middle, half), width - half), lanes[step]
    return width, height


def _port_side(step: Step) -> bool | None:
    """True for an edge through the top border, False through the bottom one, else None."""
    for end in (step.source, step.target):
        if isinstance(end, Port):
            return end.top
    return None


def _lane_height(link: Link) -> float:
    return (link.label[1] if link.label else 0.0) + _SHELF


def _spots(links: Mapping[Step, Link]) -> dict[Step, tuple[float, float]]:
    """The x at both ends of each link, where it leaves its region or enters it."""
    wants: dict[tuple[Box, bool], list[tuple[float, int, bool]]] = {}
    steps = list(links)
    for index, step in enumerate(steps):
        link, side = links[step], _port_side(step)
        upper, lower = link.upper, link.lower
        if side is not True:
            aim = upper.x if side is False else lower.x
            aim = upper.x + link.upper_at if link.upper_at is not None else aim
            wants.setdefault((upper, False), []).append((aim, index, True))
        if side is not False:
            aim = lower.x if side else upper.x
            aim = lower.x + link.lower_at if link.lower_at is not None else aim
            wants.setdefault((lower, bool(side)), []).append((aim, index, False))
    found: dict[tuple[int, bool], float] = {}
    for (box, _), asked in wants.items():
        asked.sort()
        fixed = [
            (links[steps[index]].upper_at if first else links[steps[index]].lower_at)
            for _, index, first in asked
        ]
        reach = max(0.0, box.half - CORNER)
        places = attach(
            [
                (aim, None if at is None else box.x + at)
                for (aim, _, _), at in zip(asked, fixed, strict=True)
            ],
            box.x - reach,
            box.x + reach,
            APART,
        )
        for (_, index, first), place in zip(asked, places, strict=True):
            found[index, first] = place
    return {
        step: (found.get((index, True), 0.0), found.get((index, False), 0.0))
        for index, step in enumerate(steps)
    }
