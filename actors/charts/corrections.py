"""What python-statemachine 3.2 gets wrong by SCXML, put right: the one place that says so.

[SCXML 1.0](https://www.w3.org/TR/scxml/#AlgorithmforSCXMLInterpretation) is the law. Stock departs
from it in these, and in nothing else that is known:

1. **Document order.** It numbers a state within a region as it numbers the regions after that
   one, so that states of several regions are left and entered in an order that is none.
2. **Selection.** It asks the active states in the order in which they were entered, not in
   document order: which of two conflicting transitions is taken hangs on what happened before.
   `Configuration` keeps states in document order, which settles it.
3. **Inner targets.** Without `enable_self_transition_entries`, an internal transition to a state
   within its source leaves that state and does not enter it: nothing is active there any more.
4. **Ancestors.** States around the target that were never left are entered again: around an
   internal self-transition, and between a history state's parent and what it has recorded. (So
   they are by the letter of SCXML's algorithm; its section 3.13 says what is entered: what is
   not active, or is left.)
5. **History.** The actions of a transition to a history state are run twice.
6. **Deep history.** What it has recorded counts as the target, with the states around the
   innermost ones, so that more is left and entered again than SCXML says.
"""

# python-statemachine is typed only in part, and its untyped parts are called here.
# mypy: disallow-untyped-calls=False

from __future__ import annotations

from typing import Any

from statemachine import HistoryState
from statemachine.engines.base import BaseEngine, StateTransition
from statemachine.orderedset import OrderedSet
from statemachine.transition import Transition


class Corrected(BaseEngine):
    """Mixed into a stock engine before it: its algorithm, by the law."""

    order: dict[Any, int]
    """The place of each state in the document, by its value."""

    def _prepare_exit_states(self, enabled_transitions: list[Transition]) -> Any:
        infos, _ = super()._prepare_exit_states(enabled_transitions)
        infos.sort(key=self._place, reverse=True)
        return infos, OrderedSet(info.state for info in infos)

    def _prepare_entry_states(
        self,
        enabled_transitions: list[Transition],
        states_to_exit: OrderedSet[Any],
        previous_configuration: OrderedSet[Any],
    ) -> Any:
        infos, by_default, content, arrives = super()._prepare_entry_states(
            enabled_transitions, states_to_exit, previous_configuration
        )
        stay = {s.value for s in previous_configuration} - {s.value for s in states_to_exit}
        entered = [info for info in infos if info.state.value not in stay or stays(info.transition)]
        entered.sort(key=self._place)
        # The first of each is the transition that led to the history state.
        defaults = {
            parent: ways if _told_here_alone(ways[0].transition) else ways[1:]
            for parent, ways in content.items()
        }
        return entered, by_default, defaults, arrives

    def _enters_target(self, transition: Transition) -> bool:
        return bool(self.sm.enable_self_transition_entries) or not stays(transition)

    def get_effective_target_states(self, transition: Transition) -> OrderedSet[Any]:
        targets: OrderedSet[Any] = OrderedSet()
        for target in transition.targets:
            if not isinstance(target, HistoryState):
                targets.add(target)
            elif target.id not in self.sm.history_values:
                for default in target.transitions:
                    targets.update(self.get_effective_target_states(default))
            else:
                kept = self.sm.history_values[target.id]
                deep = target.type.is_deep
                targets.update(state for state in kept if state.is_atomic or not deep)
        return targets

    def _place(self, info: StateTransition) -> int:
        return self.order[info.state.value]


def stays(transition: Transition) -> bool:
    """Whether stock takes a transition without leaving the state that it leads to."""
    target = transition.target
    itself = transition.internal and transition.is_self
    return bool(itself and target is not None and target.is_atomic)


def _told_here_alone(led: Transition) -> bool:
    """Whether stock runs the actions of a transition to a history state only with its default.

    It passes over initial transitions whose state has another one, made up for a first child.
    """
    return bool(led.initial) and sum(t.initial for t in led.source.transitions) > 1
