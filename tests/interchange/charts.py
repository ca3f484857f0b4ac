"""Random sound documents: compound, parallel, history and final states, guards, times."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import strategies as st

from ..definitions.test_any_bytes import toml

EVENTS = ["go", "turn", "back", "stop.now"]
SECONDS = st.integers(1, 10**7) | st.floats(0.001, 1e6).map(lambda s: round(s, 5))


@st.composite
def documents(draw: Any, guards: bool = True, times: bool = True) -> str:
    """A document in the short form, in which each state is reached and none is a dead end."""
    states: dict[str, dict[str, Any]] = {}
    inner: dict[str, list[str]] = {}

    def add(parent: str, depth: int) -> str:
        name = f"s{len(states)}"
        state: dict[str, Any] = {"in": parent} if parent else {}
        states[name] = state
        inner[name] = []
        if parent:
            inner[parent].append(name)
        kind = draw(st.sampled_from(["plain", "plain", "compound", "parallel"]))
        if depth < 3 and len(states) < 14 and kind != "plain":
            if kind == "parallel":
                state["parallel"] = True
            for _ in range(draw(st.integers(2, 3))):
                add(name, depth + 1)
            if kind == "compound":
                state["initial"] = draw(st.sampled_from(inner[name]))
                if draw(st.booleans()):
                    states[f"h{name}"] = {
                        "in": name,
                        "history": draw(st.sampled_from(["shallow", "deep"])),
                        "always": inner[name][0],
                    }
                    inner[name].append(f"h{name}")
                if draw(st.booleans()):
                    states[f"f{name}"] = {"in": name, "final": True}
                    state["done"] = "end"
        return name

    for _ in range(draw(st.integers(1, 3))):
        add("", 1)
    ordinary = [name for name in states if name[0] == "s"]
    targets = [name for name in states if name[0] in "sh"] + ["end"]
    expressions = ["ready", "!ready", "context.n > 2 && event.x < 'é\"&'", "true"]
    for number, name in enumerate(ordinary):
        state = states[name]
        following = [*ordinary, "end"][number + 1]
        on: dict[str, Any] = {"next": following}
        for event in draw(st.lists(st.sampled_from(EVENTS), unique=True, max_size=3)):
            ways: list[dict[str, Any]] = []
            if guards and draw(st.booleans()):
                names = draw(st.lists(st.sampled_from(expressions), min_size=1, max_size=2))
                ways.append({"to": draw(st.sampled_from(targets)), "if": names})
            way: dict[str, Any] = {"to": draw(st.sampled_from(targets))}
            if way["to"] == name and draw(st.booleans()):
                way["inside"] = True
            if guards and draw(st.booleans()):
                way["do"] = ["note", "record"]
                if draw(st.booleans()):
                    way = {"do": "note"}
            on[event] = [*ways, way]
        state["on"] = on
        if guards and draw(st.booleans()):
            state["always"] = [{"to": draw(st.sampled_from(targets)), "if": "ready"}]
        if guards and draw(st.booleans()):
            state["enter"] = ["note"]
            state["exit"] = ["record", "note"]
            state["agents"] = ["coder"]
            state["description"] = draw(st.text("aé<&\"'\n\t]\x07 ", max_size=6)).strip()
        if times and draw(st.booleans()):
            to = draw(st.sampled_from([{"to": "end"}, {"send": "next"}]))
            state["after"] = {"seconds": draw(SECONDS), **to}
    for name in [n for n in states if n[0] in "hf"]:
        # Somebody must lead there.
        states[ordinary[0]]["on"][f"to_{name}"] = name
    for name in ordinary:
        states[ordinary[0]]["on"][f"to_{name}"] = name
    states["end"] = {"final": True}
    document: dict[str, Any] = {
        "workflow": "drawn",
        "version": draw(st.integers(1, 9)),
        "description": "é & <so>",
        "guards": {"ready": "context.n > 0"},
        "context": {"n": 0, "who": {"type": "optional:string"}, "all": "array<{line: integer}>"},
        "agents": {"coder": {"model": "m", "tags": ["a"]}},
        "contracts": {"next" if guards else "none": {"input": {"kind": "enum:['a', 'b']"}}},
        "retry": {"limit": 3, "backoff": 1.5},
        "states": states,
    }
    if times and draw(st.booleans()):
        document["deadline"] = {"seconds": draw(SECONDS), "to": "end"}
    return msgspec.json.decode(
        msgspec.json.encode("\n".join(f"{k} = {toml(v)}" for k, v in document.items()) + "\n")
    )
