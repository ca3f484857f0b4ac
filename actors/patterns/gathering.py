"""Pieces of work that are done side by side: what map-reduce and fan-out have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ...persistence.codec import decode_json, encode_json
from ..charts import State
from ..workflow import Workflow
from .work import Work, begin, described


class Gathering(Workflow):
    """Has pieces of work done, at most `parallel` at once, and makes one result of theirs.

    It begins at once. When it ends, or takes `cancel`, what is still under way is cancelled.

    Attributes:
        parallel: how many are done at once at the most; None: all of them.
    """

    gathering = State(initial=True)
    completed = State(final=True)
    failed = State(final=True)
    cancelled = State(final=True)

    gathering.to(failed, cond="has_failed")
    gathering.to(completed, cond="has_enough")
    piece_done = gathering.to(gathering, internal=True)
    piece_failed = gathering.to(gathering, internal=True)
    cancel = gathering.to(cancelled)

    parallel: ClassVar[int | None] = None

    class Context:
        input: Any = None
        begun: int = 0
        results: dict[str, Any] = {}  # of each piece, by its name
        errors: dict[str, str] = {}
        result: Any = None
        error: str | None = None

    def _pieces(self) -> list[tuple[str, Work, Any]]:
        """Return the name of each piece, what does it, and what that is given."""
        return []

    def _verdict(self, total: int) -> bool | None:
        """Return whether enough is there (True), can't come any more (False), or is to come."""
        return not self.context.errors if len(self.context.results) == total else None

    def _gather(self, results: dict[str, Any]) -> Any:
        """Make one result of those of the pieces, by their names in their order."""
        return results

    def on_enter_gathering(self) -> None:
        self._go_on()

    def on_piece_done(
        self, result: Any = None, activity: str | None = None, name: str | None = None
    ) -> None:
        self.context.results[activity or name or ""] = result
        self._go_on()

    def on_piece_failed(
        self, error: Mapping[str, str], activity: str | None = None, name: str | None = None
    ) -> None:
        self.context.errors[activity or name or ""] = described(error)
        self._go_on()

    def has_failed(self) -> bool:
        return self.context.error is not None

    def has_enough(self) -> bool:
        return self._verdict(len(self._pieces())) is True

    def _go_on(self) -> None:
        context, pieces = self.context, self._pieces()
        verdict = self._verdict(len(pieces))
        if verdict is False:
            failed = ", ".join(f"{name}: {why}" for name, why in context.errors.items())
            context.error = f"{len(context.errors)} of {len(pieces)} failed: {failed}"
        elif verdict is True:
            order = [name for name, *_ in pieces if name in context.results]
            try:
                result = self._gather({name: context.results[name] for name in order})
                context.result = decode_json(encode_json(result))
            except Exception as error:  # the report would be gone, and this would wait for ever
                context.error = f"{type(error).__name__}: {error}"
        else:
            ended = len(context.results) + len(context.errors)
            most = len(pieces) if self.parallel is None else ended + self.parallel
            for name, work, given in pieces[context.begun : most]:
                begin(self, work, name, given, done="piece_done", failed="piece_failed")
                context.begun += 1
