"""The same work for each of many items, and one result of all."""

from __future__ import annotations

from typing import Any, ClassVar

from .gathering import Gathering
from .work import Work, work_of


class MapReduce(Gathering):
    """Does the same work for each item of its `input`, and reduces the results to one.

    The work is an activity, called with the item, or a class of workflows, whose context gets it as
    `input`, or has its fields, or gets it as `item`.

    It ends in `completed`, with `result` in its context; in `failed`, with `error`, as soon as
    more than `may_fail` items have; or in `cancelled`.

    Attributes:
        work: what is done for each item.
        may_fail: how many of the items may fail; they are left out.

    Example:
        >>> class Words(MapReduce):                                    # doctest: +SKIP
        ...     work, parallel = count_words, 8
        ...     def reduce(self, results): return sum(results)
        >>> system.start(Words, context={"input": ["a.txt", "b.txt"]}) # doctest: +SKIP
    """

    work: ClassVar[Work]
    parallel: ClassVar[int | None] = 10
    may_fail: ClassVar[int] = 0

    def reduce(self, results: list[Any]) -> Any:
        """Return one result of those of the items, which are in the items' order."""
        return results

    def _pieces(self) -> list[tuple[str, Work, Any]]:
        work, items = work_of(type(self), "work"), self.context.input
        if not isinstance(items, list | tuple):
            raise TypeError(
                f"The input of a {type(self).__name__} is a list of items, not {items!r}; give "
                f"one, which may be empty."
            )
        return [(str(number), work, item) for number, item in enumerate(items)]

    def _verdict(self, total: int) -> bool | None:
        if len(self.context.errors) > self.may_fail:
            return False
        return True if len(self.context.results) + len(self.context.errors) == total else None

    def _gather(self, results: dict[str, Any]) -> Any:
        return self.reduce([*results.values()])
