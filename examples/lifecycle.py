"""The ready-made lifecycle: start, pause, resume, fail, retry, roll back, complete."""

from repertory.actors import ActorSystem, Lifecycle, WorkflowEvent
from repertory.actors.errors import InvalidTransition


def main() -> None:
    with ActorSystem() as system:
        job = system.start(Lifecycle, id="job-1", context={"task": "summarise the minutes"})
        job.ask(WorkflowEvent.START)
        job.ask(WorkflowEvent.PAUSE)
        try:
            job.ask(WorkflowEvent.COMPLETE)
        except InvalidTransition as error:
            print(error)
        job.ask(Lifecycle.resume)
        job.ask(Lifecycle.custom, name="progress", data={"percent": 40})
        job.ask(Lifecycle.fail, error="the model was overloaded")
        print(job.state, job.context)
        job.ask(Lifecycle.retry)
        job.ask(Lifecycle.complete)
        job.rollback()  # it was not complete after all
        print(job.state, job.context)
        for entry in job.history():
            print(f"{entry.sequence:>2} {entry.event:<12} {entry.source} -> {entry.target}")


if __name__ == "__main__":
    main()
