"""LangGraph with its SQLite saver: one thread of a one-node graph for each workflow.

An event is an `invoke`, which returns when its checkpoint is written. `durability="exit"` writes
one checkpoint for each, the fewest it can.
"""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any, TypedDict

from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, StateGraph

from benchmarks.durable.pace import pace

DISTRIBUTIONS = ("langgraph", "langgraph-checkpoint-sqlite")
THREADS = 1
"""More were slower: the saver has one connection and one lock."""


def _latest(old: int, new: int) -> int:
    return new


class Toggle(TypedDict):
    state: str
    count: int
    amount: Annotated[int, _latest]


def flip(toggle: Toggle) -> dict[str, Any]:
    return {
        "state": "off" if toggle.get("state") == "on" else "on",
        "count": toggle.get("count", 0) + toggle["amount"],
    }


def _graph(folder: Path) -> Any:
    connection = sqlite3.connect(folder / "langgraph.db", check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    graph: Any = StateGraph(Toggle)
    graph.add_node("flip", flip)
    graph.add_edge(START, "flip")
    graph.add_edge("flip", END)
    return graph.compile(checkpointer=SqliteSaver(connection))


def many(folder: Path, workflows: int, events: int, threads: int = THREADS) -> dict[str, float]:
    graph = _graph(folder)
    configs = [{"configurable": {"thread_id": f"w{n}"}} for n in range(workflows)]

    def send(config: Any) -> None:
        for _ in range(events):
            graph.invoke({"amount": 1}, config, durability="exit")

    graph.invoke({"amount": 1}, {"configurable": {"thread_id": "warm"}}, durability="exit")
    began = perf_counter()
    if threads == 1:
        for config in configs:
            send(config)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(send, configs))
    return {"rate": workflows * events / (perf_counter() - began)}


def one(folder: Path, events: int) -> dict[str, float]:
    graph, config = _graph(folder), {"configurable": {"thread_id": "w0"}}
    return pace(lambda: graph.invoke({"amount": 1}, config, durability="exit"), events)
