"""Several branches of work side by side, joined when enough of them have succeeded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from .gathering import Gathering
from .work import Work, vars_of


class FanOut(Gathering):
    """Begins all its branches at once, each with its `input`, and joins what they bring.

    A branch is an activity, called with the input, or a class of workflows, whose context gets it
    as `input`, or has its fields, or gets it as `item`.

    It ends in `completed`, with `result` in its context, as soon as enough have succeeded: the
    others are cancelled then. It ends in `failed`, with `error`, as soon as enough can't succeed
    any more.

    Attributes:
        branches: what is done, by name.
        need: how many must succeed: "all", "any" (one), or a number.

    Example:
        >>> class Quotes(FanOut):                                      # doctest: +SKIP
        ...     branches = {"north": ask_north, "south": ask_south, "sea": ask_the_port}
        ...     need = 2
        ...     def join(self, results): return min(results.values())
    """

    branches: ClassVar[Mapping[str, Work]] = {}
    need: ClassVar[Literal["all", "any"] | int] = "all"

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.definition_facts = {**cls.definition_facts, "the branches": ", ".join(cls.branches)}

    def join(self, results: dict[str, Any]) -> Any:
        """Return one result of those of the branches that have succeeded, by their names."""
        return results

    def _pieces(self) -> list[tuple[str, Work, Any]]:
        branches = vars_of(type(self))["branches"]
        return [(name, work, self.context.input) for name, work in branches.items()]

    def _verdict(self, total: int) -> bool | None:
        asked = self.need
        named = {"all": total, "any": min(1, total)}
        need = named[asked] if isinstance(asked, str) else asked
        if len(self.context.results) >= need:
            return True
        return False if len(self.context.errors) > total - need else None

    def _gather(self, results: dict[str, Any]) -> Any:
        return self.join(results)
