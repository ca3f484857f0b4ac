"""Handlers take part in a step; subscribers hear of it once it is durable."""

import asyncio

from repertory.actors import ActorSystem, Lifecycle
from repertory.actors.errors import HandlerFailed
from repertory.actors.events import Committed


class Log:
    def on_event(self, state: str, event: str) -> None:
        print(f"  {event} in {state}")

    def on_transition(self, source: str, target: str, event: str) -> None:
        print(f"  {source} -> {target}")


class Veto:
    """Nothing may be completed before it was paused once; an async handler may wait."""

    paused = False

    async def on_enter(self, state: str) -> None:
        await asyncio.sleep(0)
        self.paused = self.paused or state == "paused"
        if state == "completed" and not self.paused:
            raise PermissionError("take a break first")


def main() -> None:
    def committed(step: Committed) -> None:
        print(f"durable: step {step.entry.sequence}, {step.entry.event}")

    with ActorSystem(handlers=[Log()]) as system:
        system.subscribe(committed, workflow=Lifecycle)
        job = system.start(Lifecycle, id="job-1", handlers=[Veto()])
        job.ask("start")
        try:
            job.ask("complete")
        except HandlerFailed as error:
            print(error)
        job.ask("pause")
        job.ask("resume")
        job.ask("complete")
        calls = job.history(last=1)[0].handlers
        print([f"{call.handler}.{call.hook}" for call in calls])


if __name__ == "__main__":
    main()
