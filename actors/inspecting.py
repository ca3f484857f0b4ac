"""Looking into a running system: as data, as text, and from outside of its process."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

from .inspection import Inspection, inspect
from .overview import Overview, overview
from .runtime import Runtime
from .upkeep import SystemUpkeep


class SystemInspecting(SystemUpkeep):
    """What one can see of a system while it runs."""

    def inspect(self, *, limit: int = 50) -> Inspection:
        """Return a picture of the system: actors, what waits, rates, threads, dead letters.

        Nothing is stopped for it. It encodes to JSON.

        Arguments:
            limit: how many actors to take in at the most: those with most messages waiting. Those
                that supervise them come on top.

        Example:
            >>> msgspec.json.encode(system.inspect())           # doctest: +SKIP
        """
        return inspect(self._services, self._name, self.path, limit)

    @property
    def runtime(self) -> Runtime:
        """The actors that workflows run on, for actors of your own, topics and routers beside them.

        They share its threads and its clock, end when the system closes, and nothing of theirs is
        stored. Closing it is the system's part.

        Raises:
            SystemStopped: the system is not open.
        """
        return self._services.runtime

    def overview(self) -> Overview:
        """Return what the store says of all workflows together, in memory or not.

        A system that was opened read-only gives it too, while another one runs.
        """
        services = self._services
        return overview(services.store, services.runtime.clock.now_us())

    def dump(self, *, stacks: bool = True) -> str:
        """Return what each thread and async action is doing, for how long and where, as text.

        Arguments:
            stacks: whether to say where.
        """
        return self._services.runtime.dump(stacks=stacks)

    def dump_on_signal(
        self, signum: int | None = None, *, file: TextIO | None = None
    ) -> Callable[[], None]:
        """Have a signal write that text: `kill -USR1` shows what a process is doing.

        Arguments:
            signum: the signal, by default SIGUSR1.
            file: where to write, by default stderr.

        Returns:
            what undoes it.

        Raises:
            ActorRuntimeError: this is not the main thread, or there is no SIGUSR1 here.
        """
        return self._services.runtime.dump_on_signal(signum, file=file)
