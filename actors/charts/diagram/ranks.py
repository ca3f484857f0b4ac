"""Which layer each box goes to: cycles broken, then ranks, then tightened."""

from __future__ import annotations

from collections.abc import Collection, Sequence

_TIGHTENING_PASSES = 4


def break_cycles(count: int, arrows: Sequence[tuple[int, int]]) -> list[bool]:
    """Say for each arrow whether turning it round leaves a graph without cycles.

    A depth-first walk in the order given: what is declared first tends to stay above.
    """
    leaving: list[list[int]] = [[] for _ in range(count)]
    for index, (source, _) in enumerate(arrows):
        leaving[source].append(index)
    turned = [False] * len(arrows)
    state = [0] * count
    for root in range(count):
        if state[root]:
            continue
        state[root] = 1
        stack = [(root, 0)]
        while stack:
            node, at = stack.pop()
            if at == len(leaving[node]):
                state[node] = 2
                continue
            stack.append((node, at + 1))
            index = leaving[node][at]
            target = arrows[index][1]
            if state[target] == 1:
                turned[index] = True
            elif state[target] == 0:
                state[target] = 1
                stack.append((target, 0))
    return turned


def assign_ranks(
    count: int,
    arrows: Sequence[tuple[int, int, int]],
    top: Collection[int],
    bottom: Collection[int],
) -> list[int]:
    """Give each node a rank so that every arrow goes down by at least its length.

    Args:
        count: How many nodes there are.
        arrows: `(upper, lower, least ranks between)`, without cycles.
        top: Nodes that must lie in the first rank; none of them has an arrow entering it.
        bottom: Nodes that must lie in the last rank; none of them has an arrow leaving it.

    Returns:
        The rank of each node, from 0 at the top.
    """
    leaving: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    entering: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for upper, lower, length in arrows:
        leaving[upper].append((lower, length))
        entering[lower].append((upper, length))
    order = _topological(count, leaving, entering)
    ranks = [0] * count
    for node in order:
        ranks[node] = max((ranks[up] + length for up, length in entering[node]), default=0)
    last = max(ranks, default=0)
    for _ in range(_TIGHTENING_PASSES):
        for node in reversed(order):
            # Moving down shortens what leaves and lengthens what enters.
            if node not in top and len(leaving[node]) > len(entering[node]):
                ranks[node] = min(ranks[low] - length for low, length in leaving[node])
    for node in bottom:
        ranks[node] = last
    return ranks


def _topological(
    count: int,
    leaving: list[list[tuple[int, int]]],
    entering: list[list[tuple[int, int]]],
) -> list[int]:
    waiting = [len(above) for above in entering]
    order = [node for node in range(count) if not waiting[node]]
    for node in order:
        for lower, _ in leaving[node]:
            waiting[lower] -= 1
            if not waiting[lower]:
                order.append(lower)
    return order
