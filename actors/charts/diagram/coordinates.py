"""Where everything of a layered drawing goes: columns, layers, attachments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .layers import Slot, Tie

_ROUNDS = 14
_FAINT = 0.01


def spread(
    desired: Sequence[float],
    weights: Sequence[float],
    apart: Sequence[float],
) -> list[float]:
    """Put points in a row as near as can be to where they want to be.

    The least weighted sum of squares under the constraint that point `i` is at least
    `apart[i]` right of the one before it (isotonic regression by pooling neighbours).
    """
    shifts: list[float] = []
    total = 0.0
    for distance in apart:
        total += distance
        shifts.append(total)
    blocks: list[tuple[float, float, int]] = []
    for want, weight, shift in zip(desired, weights, shifts, strict=True):
        mean, mass, length = want - shift, weight, 1
        while blocks and blocks[-1][0] > mean:
            left, left_mass, left_length = blocks.pop()
            mean = (left * left_mass + mean * mass) / (left_mass + mass)
            mass += left_mass
            length += left_length
        blocks.append((mean, mass, length))
    means = [mean for mean, _, length in blocks for _ in range(length)]
    return [mean + shift for mean, shift in zip(means, shifts, strict=True)]


def place_columns(layers: Sequence[list[Slot]], gap: float) -> float:
    """Give each slot its `x`, so that edges run straight where they can.

    Returns:
        The width of the whole; the leftmost extent is at 0.
    """
    for layer in layers:
        x = 0.0
        for slot in layer:
            slot.x = x + slot.left
            x += slot.left + slot.right + gap
    for turn in range(_ROUNDS):
        both = turn >= _ROUNDS // 2
        for layer in layers:
            _settle(layer, gap, above=True, below=both)
        for layer in reversed(layers):
            _settle(layer, gap, above=both, below=True)
    _straighten(layers, gap)
    slots = [slot for layer in layers for slot in layer]
    leftmost = min((slot.x - slot.left for slot in slots), default=0.0)
    for slot in slots:
        slot.x -= leftmost
    return max((slot.x + slot.right for slot in slots), default=0.0)


def _settle(layer: list[Slot], gap: float, *, above: bool, below: bool) -> None:
    desired: list[float] = []
    weights: list[float] = []
    apart: list[float] = []
    right = 0.0
    for slot in layer:
        ties = (slot.above if above else []) + (slot.below if below else [])
        mass = sum(tie.weight for tie in ties)
        if mass:
            desired.append(sum(tie.weight * _aim(tie) for tie in ties) / mass)
        else:
            desired.append(slot.x)
        weights.append(mass or _FAINT)
        apart.append(right + slot.left if apart else 0.0)
        right = slot.right + gap
    for slot, x in zip(layer, spread(desired, weights, apart), strict=True):
        slot.x = x


def _aim(tie: Tie) -> float:
    return tie.slot.x + tie.far - tie.near


def _straighten(layers: Sequence[list[Slot]], gap: float) -> None:
    """Slide what edges pass through under or over what they come from."""
    for source, along in ((layers, _up), (list(reversed(layers)), _down)):
        for layer in source:
            for index, slot in enumerate(layer):
                ties = along(slot)
                if not slot.virtual or len(ties) != 1:
                    continue
                least, most = float("-inf"), float("inf")
                if index:
                    before = layer[index - 1]
                    least = before.x + before.right + gap + slot.left
                if index + 1 < len(layer):
                    after = layer[index + 1]
                    most = after.x - after.left - gap - slot.right
                aim = _aim(ties[0])
                if ties[0].slot.virtual and least <= aim <= most:
                    slot.x = aim


def _up(slot: Slot) -> list[Tie]:
    return slot.above


def _down(slot: Slot) -> list[Tie]:
    return slot.below


def attach(
    wants: Iterable[tuple[float, float | None]],
    left: float,
    right: float,
    apart: float,
) -> list[float]:
    """Find where edges meet one side of a box, from left to right.

    Args:
        wants: For each edge where it would like to be, and where it must be, or None.
        left: The leftmost place on that side.
        right: The rightmost place.
        apart: Pixels between two edges, if there is room.
    """
    places = list(wants)
    if not places:
        return []
    room = (right - left) / max(1, len(places) - 1)
    step = min(apart, room)
    shift = [0.0] + [step] * (len(places) - 1)
    spots = spread(
        [min(max(want, left), right) if must is None else must for want, must in places],
        [1.0 if must is None else 1e9 for _, must in places],
        shift,
    )
    last = step * (len(places) - 1)
    found = []
    for index, (spot, (_, must)) in enumerate(zip(spots, places, strict=True)):
        inside = min(max(spot, left + index * step), right - last + index * step)
        found.append(inside if must is None else must)
    return found
