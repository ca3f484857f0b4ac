"""What an actor of a benchmark may do: the interface that every runtime gives it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Protocol

START = "start"
"""The first message of a benchmark's main actor."""


class Ref(Protocol):
    """What actors hold of each other."""

    def tell(self, message: Any) -> object:
        """Send `message` and wait for nothing."""
        ...


class Role:
    """An actor of a benchmark, of which a stage makes an actor of its runtime.

    `receive` becomes the handler itself and `tell` is the runtime's own, so nothing stands
    between a runtime and the benchmark.
    """

    awaits: ClassVar[bool] = False
    """Whether it asks: then it has `receive_awaiting` too, where asks are awaited."""

    answers: ClassVar[bool] = False
    """Whether others ask it: what `receive` returns is the answer."""

    me: Ref
    """The actor's own ref; there from `setup` on."""
    spawn: Callable[..., Ref]
    """`spawn(role, *args)` starts an actor and returns its ref."""
    leave: Callable[[], object]
    """Ends this actor after the current message."""
    finish: Callable[[Any], object]
    """Gives the benchmark's result; called once, by its main actor."""
    ask: Callable[[Ref, Any], Any]
    """`ask(ref, message)` waits for the answer, where the runtime can do that."""

    def setup(self, *args: Any) -> None:
        """Take what `spawn` was given."""

    def receive(self, message: Any) -> Any:
        """Handle one message."""
        raise NotImplementedError
