"""A thousand workflows at once, some of which block: none holds up another."""

import sys
import time

from repertory.actors import ActorSystem, State, Workflow


class Parcel(Workflow):
    depot = State(initial=True)
    van = State()
    door = State(final=True)
    load = depot.to(van)
    deliver = van.to(door)

    class Context:
        weight: int
        signed_by: str = ""

    def on_load(self) -> None:
        if self.context.weight > 990:
            time.sleep(0.05)  # heavy ones take a while; the others go on

    def on_deliver(self, name: str) -> None:
        self.context.signed_by = name


def main(count: int = 1000) -> None:
    with ActorSystem() as system:
        started = time.perf_counter()
        parcels = [system.start(Parcel, context={"weight": n}) for n in range(count)]
        for parcel in parcels:
            parcel.tell(Parcel.load)
        answers = [parcel.ask(Parcel.deliver, name="Ada", block=False) for parcel in parcels]
        for answer in answers:
            answer.get()
        seconds = time.perf_counter() - started
        done = len(system.list(Parcel, state=Parcel.door, limit=count))
        print(f"{done} parcels delivered")
        print(f"{3 * count / seconds:,.0f} durable steps a second", file=sys.stderr)


if __name__ == "__main__":
    main()
