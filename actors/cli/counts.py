"""What a diagram shows of a store: how often states were entered and transitions taken."""

from __future__ import annotations

from collections import Counter

from ..history import HistoryEntry
from ..system import ActorSystem
from ..workflow import Workflow


class Counts:
    """Counts over histories, in the form that `charts.diagram` takes.

    Attributes:
        visits: how many times each state was entered, by its id.
        taken: how many times each `(source, event, target)` was taken.
    """

    def __init__(self, workflow: type[Workflow]) -> None:
        """Begin with nothing counted.

        Arguments:
            workflow: the class whose transitions are counted.
        """
        self.visits: Counter[str] = Counter()
        self.taken: Counter[tuple[str, str, str]] = Counter()
        self._declared = _transitions_of(workflow)

    def add(self, entry: HistoryEntry) -> None:
        """Count one step."""
        for step in entry.transitions:
            self.visits.update(step.entered)
            for source in step.source:
                # One event may move several regions: which target is whose, the class says.
                targets = [t for t in step.target if (source, t) in self._declared] or [source]
                for target in targets:
                    self.taken[source, step.event or "", target] += 1


def count(system: ActorSystem, workflow: type[Workflow]) -> Counts:
    """Count over all workflows of a class in a store."""
    counts = Counts(workflow)
    after = 0
    while page := system.list(workflow, after=after, limit=1000):
        after = page[-1].number
        for record in page:
            for entry in system.get(record.id).history():
                counts.add(entry)
    return counts


def _transitions_of(workflow: type[Workflow]) -> set[tuple[str, str]]:
    return {
        (state.id, target.id)
        for state in workflow.states_map.values()
        for transition in state.transitions
        for target in transition.targets
        if target is not None
    }
