"""The diagram as DOT text, for those who have Graphviz."""

from __future__ import annotations

from collections.abc import Iterator

from .model import Chart, Edge, Node
from .names import plain_names
from .text import printable
from .theme import fill_colour, level, line_colour, line_width

_RESERVED = frozenset({"node", "edge", "graph", "digraph", "subgraph", "strict"})
_HEAD = (
    "compound=true; rankdir=TB; nodesep=0.4; ranksep=0.5; labelloc=t;",
    'fontname="Helvetica"; fontsize=14;',
    'node [fontname="Helvetica", fontsize=12, shape=box, style="rounded,filled", '
    'fillcolor="#ffffff", color="#64748b"];',
    'edge [fontname="Helvetica", fontsize=10, color="#64748b", arrowsize=0.8];',
)


def render_dot(chart: Chart) -> str:
    """Write a chart as a DOT graph with a cluster for each state that has children."""
    return "\n".join(_Writer(chart).lines()) + "\n"


def _quoted(text: str) -> str:
    escaped = printable(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _label(*lines: str) -> str:
    return '"' + "\\n".join(_quoted(line)[1:-1] for line in lines) + '"'


class _Writer:
    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.names = plain_names(chart.states, _RESERVED)

    def lines(self) -> Iterator[str]:
        yield f"digraph {_quoted(self.chart.title or 'diagram')} {{"
        for line in _HEAD:
            yield f"    {line}"
        if self.chart.title:
            yield f"    label={_quoted(self.chart.title)};"
        for line in self.inside(self.chart.root):
            yield f"    {line}"
        for edge in self.chart.edges:
            yield f"    {self.edge(edge)}"
        yield "}"

    def inside(self, node: Node) -> Iterator[str]:
        for child in node.children:
            yield from self.cluster(child) if child.children else self.leaf(child)
        if node.first is not None:
            dot = f'"{self.names.get(node, "")}.initial"'
            yield f'{dot} [shape=point, width=0.15, label="", fillcolor="#64748b"];'
            yield f"{dot} -> {self._to(node.first)};"

    def leaf(self, node: Node) -> Iterator[str]:
        name = _quoted(self.names[node])
        if node.is_history:
            text = "H*" if node.kind == "deep" else "H"
            yield f'{name} [label="{text}", shape=circle, width=0.3, fixedsize=true];'
            return
        heat = level(node.visits, self.chart.most_visits)
        label = _label(node.text, *(row.text for row in node.internal))
        looks = [f"label={label}", f'fillcolor="{fill_colour(heat)}"']
        looks += ["peripheries=2"] if node.kind == "final" else []
        looks += ['color="#d97706"', "penwidth=3"] if node.active else []
        yield f"{name} [{', '.join(looks)}];"

    def cluster(self, node: Node) -> Iterator[str]:
        name = self.names[node]
        label = _label(node.text, *(row.text for row in node.internal))
        style = "dashed" if node.is_region else "rounded"
        colour = "#d97706" if node.active else "#94a3b8"
        yield f"subgraph {_quoted(f'cluster_{name}')} {{"
        yield f'    label={label}; style="{style}"; color="{colour}";'
        # Graphviz draws edges between nodes only: this one stands for the whole cluster.
        yield f'    {_quoted(f"{name}.anchor")} [shape=point, style=invis, width=0, label=""];'
        for line in self.inside(node):
            yield f"    {line}"
        yield "}"

    def edge(self, edge: Edge) -> str:
        count = edge.count
        heat = level(count, self.chart.most_taken)
        texts = [row.text for row in edge.rows if row.text]
        looks = [f"label={_label(*texts)}"] if texts else []
        looks.append(f'color="{line_colour(heat)}"')
        looks.append(f"penwidth={line_width(count, self.chart.most_taken):.1f}")
        looks += ["style=dashed"] if edge.eventless else []
        inner, outer = list(edge.target.ancestors()), list(edge.source.ancestors())
        if edge.source.children and edge.source not in inner and edge.source is not edge.target:
            looks.append(f"ltail={_quoted(f'cluster_{self.names[edge.source]}')}")
        if edge.target.children and edge.target not in outer and edge.source is not edge.target:
            looks.append(f"lhead={_quoted(f'cluster_{self.names[edge.target]}')}")
        source, target = self._end(edge.source), self._end(edge.target)
        return f"{source} -> {target} [{', '.join(looks)}];"

    def _to(self, node: Node) -> str:
        if not node.children:
            return self._end(node)
        return f"{self._end(node)} [lhead={_quoted(f'cluster_{self.names[node]}')}]"

    def _end(self, node: Node) -> str:
        name = self.names[node]
        return _quoted(f"{name}.anchor" if node.children else name)
