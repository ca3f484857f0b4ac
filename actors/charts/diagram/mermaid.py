"""The diagram as Mermaid text, for pages that draw it themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .model import TIMES, Chart, Edge, Node
from .names import plain_names
from .text import printable
from .theme import LEVELS, fill_colour, level, line_colour

_RESERVED = frozenset(
    {"state", "end", "note", "direction", "class", "classdef", "style", "default", "click"}
    | {"fork", "join", "choice", "title", "as", "href", "hide", "scale", "root"}
)

_PLAIN = f" _.,-()!\u2026'{TIMES}"


def render_mermaid(chart: Chart) -> str:
    """Write a chart as a Mermaid state diagram."""
    return "\n".join(_Writer(chart).lines()) + "\n"


def _escaped(text: str) -> str:
    """The text with what Mermaid would read as syntax written as entities."""
    return "".join(
        character if character.isalnum() or character in _PLAIN else f"#{ord(character)};"
        for character in printable(text)
    )


class _Writer:
    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.names = plain_names(chart.states, _RESERVED)
        self.edges: dict[Node, list[Edge]] = {}
        for edge in chart.edges:
            self.edges.setdefault(_scope(edge, chart.root), []).append(edge)

    def lines(self) -> Iterator[str]:
        if self.chart.title:
            yield from ("---", f"title: {json.dumps(printable(self.chart.title))}", "---")
        yield "stateDiagram-v2"
        for line in self.inside(self.chart.root):
            yield f"    {line}"
        yield from self.classes()

    def inside(self, node: Node) -> Iterator[str]:
        regions = 0
        for child in node.children:
            if child.is_region:
                if regions:
                    yield "--"
                regions += 1
            yield from self.state(child)
        if node.first is not None:
            yield f"[*] --> {self.names[node.first]}"
        for child in node.children:
            if child.kind == "final":
                yield f"{self.names[child]} --> [*]"
        for edge in self.edges.get(node, ()):
            yield from self.edge(edge)

    def state(self, node: Node) -> Iterator[str]:
        name = self.names[node]
        text = {"history": "H", "deep": "H*"}.get(node.kind) or _escaped(node.text)
        if not node.children:
            yield f'state "{text}" as {name}'
            for row in node.internal:
                yield f"{name} : {_escaped(row.text)}"
            return
        yield f'state "{text}" as {name} {{'
        for line in self.inside(node):
            yield f"    {line}"
        yield "}"
        for row in node.internal:
            # A composite state has no room for text, so what stays inside it is an arrow.
            label = _escaped(f"{row.text} (internal)")
            yield f"{self.names[_drawable(node)]} --> {self.names[_drawable(node)]} : {label}"

    def edge(self, edge: Edge) -> Iterator[str]:
        source, target = _drawable(edge.source), _drawable(edge.target)
        hints = [f"from {edge.source.name}"] if source is not edge.source else []
        hints += [f"to {edge.target.name}"] if target is not edge.target else []
        for row in edge.rows:
            text = " ".join([row.text, f"({', '.join(hints)})" if hints else ""]).strip()
            label = f" : {_escaped(text)}" if text else ""
            yield f"{self.names[source]} --> {self.names[target]}{label}"

    def classes(self) -> Iterator[str]:
        most = self.chart.most_visits
        groups: dict[int, list[str]] = {}
        for node in self.chart.states:
            heat = level(node.visits, most)
            if heat is not None and not node.children:
                groups.setdefault(heat, []).append(self.names[node])
        for heat in range(LEVELS + 1):
            if heat in groups:
                style = f"fill:{fill_colour(heat)},stroke:{line_colour(heat)},color:#0f172a"
                yield f"    classDef heat{heat} {style}"
                yield f"    class {','.join(groups[heat])} heat{heat}"
        active = [self.names[node] for node in self.chart.states if node.active]
        if active:
            yield "    classDef active stroke:#d97706,stroke-width:3px"
            yield f"    class {','.join(active)} active"


def _scope(edge: Edge, root: Node) -> Node:
    """The state in whose block an edge is written.

    Mermaid moves a state into the last block that names it, so an edge stands beside both
    its ends, or, where they lie in different blocks, at the end of everything.
    """
    source, target = _drawable(edge.source), _drawable(edge.target)
    home = source.parent
    if home is not None and home is target.parent and home.kind != "parallel":
        return home
    return root


def _drawable(node: Node) -> Node:
    """The state at which Mermaid can draw an arrow that is meant for this one.

    It fails on an arrow at a composite state inside a region (mermaid-js/mermaid#4052), and
    on one from a composite state to itself, so such an arrow goes to the first state inside.
    """
    if not any(outer.kind == "parallel" for outer in node.ancestors()):
        return node
    while node.children:
        node = node.first or node.children[0]
    return node
