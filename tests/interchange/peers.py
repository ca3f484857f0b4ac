"""Charts that others run: XState, in a process that is asked line by line."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

XSTATE = Path(__file__).parents[2] / "benchmarks" / "xstate"
HAS_XSTATE = (XSTATE / "node_modules").is_dir() and shutil.which("node") is not None
RUNS = """
import { createMachine, createActor } from 'xstate';
import { createInterface } from 'readline';
console.warn = () => {};
const active = (snapshot) => snapshot._nodes.filter(n => n.parent).map(n => n.key).sort();
for await (const line of createInterface({ input: process.stdin })) {
  const { machine, events, actions, holds, fails } = JSON.parse(line);
  const log = [];
  const made = createMachine(machine).provide({
    actions: Object.fromEntries(actions.map(name => [name, () => { log.push(name); }])),
    guards: Object.fromEntries([...holds, ...fails].map(n => [n, () => holds.includes(n)])),
  });
  const actor = createActor(made).start();
  const seen = [[active(actor.getSnapshot()), log.splice(0)]];
  for (const type of events) {
    if (actor.getSnapshot().status !== 'active') break;
    actor.send({ type });
    seen.push([active(actor.getSnapshot()), log.splice(0)]);
  }
  console.log(JSON.stringify(seen));
}
"""

Seen = list[tuple[list[str], list[str]]]
"""After the beginning, and after each event: the active states, and the actions that were run."""


class XState:
    """Runs machines of XState.

    Arguments:
        process: node, running `RUNS`.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, machine: Any, events: list[str], actions: Any, holds: Any, fails: Any) -> Seen:
        """Return what is seen of a machine until it has finished."""
        asked = {"machine": machine, "events": events, "actions": list(actions)}
        asked |= {"holds": list(holds), "fails": list(fails)}
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"XState has ended with {self._process.wait()}"
        return [(active, log) for active, log in json.loads(answer)]


@contextmanager
def xstate() -> Iterator[XState]:
    """A process that runs machines of XState, for as long as the block lasts."""
    command = ["node", "--input-type=module", "-e", RUNS]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=XSTATE, **pipes) as process:
        yield XState(process)
        assert process.stdin is not None
        process.stdin.close()
