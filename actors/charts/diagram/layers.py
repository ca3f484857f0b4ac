"""The order of the boxes within each layer, so that few edges cross."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field

_SWEEPS = 12
_SWAP_PASSES = 4
_MANY = 1500


@dataclass(slots=True, eq=False)
class Slot:
    """A place in a layer: a box, a label, or where a long edge passes through.

    `left`, `right` and `height` are its extents around the line `x`, which the layout finds.
    """

    left: float
    right: float
    height: float
    rank: int
    virtual: bool = False
    at: int = 0
    x: float = 0.0
    above: list[Tie] = field(default_factory=list)
    below: list[Tie] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Tie:
    """One step of an edge, seen from one of its ends.

    `near` and `far` are where it is attached, in pixels right of each slot's line.
    """

    slot: Slot
    near: float
    far: float
    weight: float


def order_layers(layers: list[list[Slot]]) -> None:
    """Sort each layer in place; the same input gives the same order."""
    _number(layers)
    best = [list(layer) for layer in layers]
    fewest = _crossings(layers)
    # A drawing this large is past reading in detail: bound the time instead.
    many = sum(map(len, layers)) > _MANY
    for sweep in range(_SWEEPS // 3 if many else _SWEEPS):
        if fewest == 0:
            break
        down = sweep % 2 == 0
        for layer in layers if down else reversed(layers):
            _sort_by_neighbours(layer, down)
        _swap_neighbours(layers, 1 if many else _SWAP_PASSES)
        crossings = _crossings(layers)
        if crossings < fewest:
            fewest, best = crossings, [list(layer) for layer in layers]
    for layer, kept in zip(layers, best, strict=True):
        layer[:] = kept
    _number(layers)


def _number(layers: list[list[Slot]]) -> None:
    for layer in layers:
        for index, slot in enumerate(layer):
            slot.at = index


def _place(tie: Tie) -> float:
    """Where a tie ends in the other layer: the slot's number, and where on the slot."""
    other = tie.slot
    return other.at + 0.5 * tie.far / (1.0 + max(other.left, other.right))


def _sort_by_neighbours(layer: list[Slot], down: bool) -> None:
    keys: dict[Slot, float] = {}
    for slot in layer:
        ties = slot.above if down else slot.below
        keys[slot] = sum(map(_place, ties)) / len(ties) if ties else float(slot.at)
    layer.sort(key=keys.__getitem__)
    for index, slot in enumerate(layer):
        slot.at = index


def _swap_neighbours(layers: list[list[Slot]], passes: int) -> None:
    for _ in range(passes):
        swapped = False
        for layer in layers:
            for index in range(len(layer) - 1):
                left, right = layer[index], layer[index + 1]
                if _pair_crossings(left, right) > _pair_crossings(right, left):
                    layer[index], layer[index + 1] = right, left
                    left.at, right.at = index + 1, index
                    swapped = True
        if not swapped:
            return


def _pair_crossings(left: Slot, right: Slot) -> int:
    crossings = 0
    for mine, theirs in ((left.above, right.above), (left.below, right.below)):
        if mine and theirs:
            places = sorted(map(_place, theirs))
            crossings += sum(bisect_left(places, _place(tie)) for tie in mine)
    return crossings


def _crossings(layers: list[list[Slot]]) -> int:
    crossings = 0
    for layer in layers:
        ends: list[float] = []
        steps = sorted(
            (slot.at + 0.5 * tie.near / (1.0 + max(slot.left, slot.right)), _place(tie))
            for slot in layer
            for tie in slot.below
        )
        for _, end in steps:
            crossings += len(ends) - bisect_left(ends, end + 1e-9)
            insort(ends, end)
    return crossings
