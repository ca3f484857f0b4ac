"""Two agents hand tasks to and fro; a task is a workflow, and its state says whose turn it is.

The agents are plain functions here, where a language model would be called. Each is told of the
tasks that come to it by a durable subscription: at least once, also after a restart. The key of
what it answers names the step that it answers, so that this takes effect exactly once.
"""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from repertory.actors import ActorSystem, State, Workflow
from repertory.actors.events import Committed

TOPICS = ("actors", "statecharts")


class Article(Workflow):
    writing, reviewing, printed = State(initial=True), State(), State(final=True)
    submit = writing.to(reviewing)
    send_back = reviewing.to(writing)
    accept = reviewing.to(printed)

    class Context:
        topic: str
        draft: str = ""
        remark: str = ""

    def on_submit(self, draft: str) -> None:
        self.context.draft = draft

    def on_send_back(self, remark: str) -> None:
        self.context.remark = remark


def writer(article: Any) -> tuple[str, dict[str, str]]:
    return "submit", {"draft": f"On {article.topic}{article.remark}"}


def critic(article: Any) -> tuple[str, dict[str, str]]:
    return ("accept", {}) if article.remark else ("send_back", {"remark": ", with examples"})


def work(path: str, *, to_be_killed: bool) -> None:
    with ActorSystem(path) as system:

        def employ(agent: Any, turn: State) -> None:
            def take(committed: Committed) -> None:
                task = system.get(committed.position.record.id)
                event, data = agent(task.context)
                task.ask(event, data, key=f"{agent.__name__}: step {committed.entry.sequence}")
                if to_be_killed and event == "send_back":
                    os.kill(os.getpid(), signal.SIGKILL)  # before it is known that this is done

            system.subscribe(
                take, workflow=Article, state=turn, durable=agent.__name__, from_start=True
            )

        employ(writer, Article.writing)
        employ(critic, Article.reviewing)
        for topic in TOPICS:
            task = system.get(topic)
            task.wait_for(Article.printed, timeout=30)
            print(task.context.draft, [entry.event for entry in task.history()[1:]])


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "articles.db")
        with ActorSystem(path) as system:
            for topic in TOPICS:
                system.start(Article, id=topic, context={"topic": topic})
        agents = subprocess.run([sys.executable, __file__, path])
        print("the agents died of", signal.Signals(-agents.returncode).name)
        work(path, to_be_killed=False)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        work(sys.argv[1], to_be_killed=True)
    else:
        main()
