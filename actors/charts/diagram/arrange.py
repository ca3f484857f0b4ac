"""The inside of one compound state as a layered drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

from .coordinates import attach, place_columns
from .layers import Slot, Tie, order_layers

Station: TypeAlias = tuple[float, float, float]
"""A vertical piece of an edge: x, and the y where it begins and where it ends."""

GAP = 18.0
_LANE = 7.0
_BEHIND = 10.0
_SHIFT = 14.0
_LEAST_DROP = 28.0
_MOST_DROP = 62.0
APART = 18.0
CORNER = 12.0


@dataclass(slots=True, eq=False)
class Box:
    """Something to place: `half` to each side of its middle, `tail` more on the right."""

    half: float
    height: float
    rank: int
    tail: float = 0.0
    x: float = 0.0
    y: float = 0.0


@dataclass(slots=True, eq=False)
class Link:
    """An edge from a box down to another; `upper_at` and `lower_at` are fixed attachments."""

    upper: Box
    lower: Box
    label: tuple[float, float] | None = None
    upper_at: float | None = None
    lower_at: float | None = None
    stations: list[Station] = field(default_factory=list)
    label_at: tuple[float, float] | None = None


def arrange(boxes: Sequence[Box], links: Sequence[Link]) -> tuple[float, float]:
    """Place boxes, labels and links; the boxes' ranks are given.

    Boxes get `x` (their middle) and `y` (their top), links their stations from the upper box
    to the lower one, and the middle of their label.

    Returns:
        The width and the height of the whole.
    """
    count = max((box.rank for box in boxes), default=-1) + 1
    layers: list[list[Slot]] = [[] for _ in range(count)]
    slots: dict[Box, Slot] = {}
    for box in boxes:
        slots[box] = Slot(box.half, box.half + box.tail, box.height, box.rank)
        layers[box.rank].append(slots[box])
    chains = [_chain(link, slots, layers) for link in links]
    order_layers(layers)
    width = place_columns(layers, GAP)
    tops, heights, height = _place_rows(layers)
    for box, slot in slots.items():
        box.x = slot.x
        box.y = tops[box.rank] + (heights[box.rank] - box.height) / 2
    ends = _attachments(links, chains, slots)
    for link, chain in zip(links, chains, strict=True):
        first, last = ends[link]
        upper, lower = link.upper, link.lower
        top = tops[upper.rank] + heights[upper.rank]
        stations = [(first, upper.y + upper.height, top)]
        for index, slot in enumerate(chain):
            above = tops[slot.rank]
            below = above + heights[slot.rank]
            if not slot.height:
                stations.append((slot.x, above, below))
                continue
            # The line may shift sideways behind its label, where nobody sees it.
            middle = above + heights[slot.rank] / 2
            link.label_at = slot.x, middle
            came = chain[index - 1].x if index else first
            goes = chain[index + 1].x if index + 1 < len(chain) else last
            for x, start, end in ((came, above, middle), (goes, middle, below)):
                stations.append((_near(x, slot), start, end))
        stations.append((last, tops[lower.rank], lower.y))
        link.stations = stations
    return width, height


def _chain(link: Link, slots: dict[Box, Slot], layers: list[list[Slot]]) -> list[Slot]:
    """Put the link's label and the places where it passes through into the layers."""
    upper, lower = slots[link.upper], slots[link.lower]
    chain: list[Slot] = []
    middle = (upper.rank + lower.rank) // 2
    for rank in range(upper.rank + 1, lower.rank):
        slot = Slot(_LANE, _LANE, 0.0, rank, virtual=True)
        if rank == middle and link.label:
            slot.left = slot.right = link.label[0] / 2
            slot.height = link.label[1]
        chain.append(slot)
        layers[rank].append(slot)
    path = [upper, *chain, lower]
    for one, other in pairwise(path):
        near = (link.upper_at or 0.0) if one is upper else 0.0
        far = (link.lower_at or 0.0) if other is lower else 0.0
        weight = 1.0 + 3.0 * (one.virtual + other.virtual)
        one.below.append(Tie(other, near, far, weight))
        other.above.append(Tie(one, far, near, weight))
    return chain


def _near(x: float, slot: Slot) -> float:
    """The place nearest to `x` that is still well behind a label."""
    reach = min(_SHIFT, max(0.0, slot.left - _BEHIND))
    return min(max(x, slot.x - reach), slot.x + reach)


def _place_rows(layers: list[list[Slot]]) -> tuple[list[float], list[float], float]:
    tops: list[float] = []
    heights: list[float] = []
    y = 0.0
    for index, layer in enumerate(layers):
        height = max((slot.height for slot in layer), default=0.0)
        tops.append(y)
        heights.append(height)
        y += height
        if index + 1 < len(layers):
            # A long way to the side needs some height, or the curve lies flat.
            aside = max(
                (
                    abs(slot.x + tie.near - tie.slot.x - tie.far)
                    for slot in layer
                    for tie in slot.below
                ),
                default=0.0,
            )
            y += min(max(_LEAST_DROP, 16.0 + 0.16 * aside), _MOST_DROP)
    return tops, heights, y


def _attachments(
    links: Sequence[Link],
    chains: Sequence[list[Slot]],
    slots: dict[Box, Slot],
) -> dict[Link, tuple[float, float]]:
    """The x where each link leaves its upper box, and where it enters its lower one."""
    leaving: dict[Box, list[tuple[float, int]]] = {}
    entering: dict[Box, list[tuple[float, int]]] = {}
    for index, (link, chain) in enumerate(zip(links, chains, strict=True)):
        down = chain[0].x if chain else slots[link.lower].x + (link.lower_at or 0.0)
        up = chain[-1].x if chain else slots[link.upper].x + (link.upper_at or 0.0)
        if link.upper_at is not None:
            down = link.upper.x + link.upper_at
        if link.lower_at is not None:
            up = link.lower.x + link.lower_at
        leaving.setdefault(link.upper, []).append((down, index))
        entering.setdefault(link.lower, []).append((up, index))
    first: dict[int, float] = {}
    last: dict[int, float] = {}
    for sides, found, upper in ((leaving, first, True), (entering, last, False)):
        for box, wants in sides.items():
            wants.sort()
            fixed = [links[i].upper_at if upper else links[i].lower_at for _, i in wants]
            reach = max(0.0, box.half - CORNER)
            spots = attach(
                [
                    (want, None if at is None else box.x + at)
                    for (want, _), at in zip(wants, fixed, strict=True)
                ],
                box.x - reach,
                box.x + reach,
                APART,
            )
            for (_, index), spot in zip(wants, spots, strict=True):
                found[index] = spot
    return {link: (first[i], last[i]) for i, link in enumerate(links)}
