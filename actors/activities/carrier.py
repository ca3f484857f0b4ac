"""The runner of activities as the persistence actor sees it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from pykka import ActorDeadError

from ...persistence.records import Message
from ..runtime import PooledRef
from .signals import Carry, Gone, Returned


class ActivityCarrier:
    """Passes on to the runner what becomes of activities in the store.

    Arguments:
        runner: the actor that runs activities.
    """

    def __init__(self, runner: PooledRef[Any]) -> None:
        self._runner = runner

    @property
    def busy(self) -> bool:
        """Never: who wants to know asks the runner."""
        return False

    def carry(self, message: Message) -> None:
        """Have an activity run."""
        self._tell(Carry(message))

    def returned(self, message: Message, error: Exception) -> None:
        """Have its report sent again later."""
        self._tell(Returned(message, error))

    def gone(self, message: int) -> None:
        """Have it stop, if it still runs."""
        self._tell(Gone(message))

    def _tell(self, what: Any) -> None:
        with suppress(ActorDeadError):  # the next system runs it
            self._runner.tell(what)
