"""Where a stored workflow stands, in the one spelling that people get: see `Innermost`."""

from __future__ import annotations

from collections.abc import Collection

from ..persistence.store import Store
from .fingerprint import around_others, states_in


class Innermost:
    """Names the innermost active states of stored workflows, whose class need not be imported.

    What a state is, the definitions say that the store keeps; of several versions, the newest.

    Arguments:
        store: the store.

    Example:
        >>> Innermost(store).of("Order", ("checking", "credit", "credit_ok"))  # doctest: +SKIP
        'credit_ok'
    """

    def __init__(self, store: Store) -> None:
        self._outer: dict[str, set[str]] = {}
        for (name, _), definition in sorted(store.definitions().items()):
            outer = self._outer.setdefault(name, set())
            outer -= set(states_in(definition))
            outer |= set(around_others(definition))

    def of(self, workflow: str, states: Collection[str]) -> str:
        """Return the innermost of some states, joined by "+"; as `WorkflowRef.state` has them.

        Arguments:
            workflow: the name that the class is stored under.
            states: ids of states, outer before inner.
        """
        outer = self._outer.get(workflow, ())
        return "+".join([name for name in states if name not in outer] or states)
