"""A workflow of one's own: regions side by side, guards, a history state, a typed context."""

from repertory.actors import ActorSystem, HistoryState, State, Workflow


class Publication(Workflow):
    """An article is edited and checked at the same time, and comes out when both agree."""

    class preparing(State.Parallel, initial=True):
        class text(State.Compound):
            drafting = State(initial=True)
            edited = State(final=True)
            edit = drafting.to.itself(internal=True)
            hand_in = drafting.to(edited, cond="long_enough")

        class facts(State.Compound):
            unchecked = State(initial=True)
            checked = State(final=True)
            check = unchecked.to(checked)

        where_we_were = HistoryState(type="deep")

    on_hold = State()
    published = State(final=True)

    hold = preparing.to(on_hold)
    resume = on_hold.to(preparing.where_we_were)
    done_state_preparing = preparing.to(published)

    class Context:
        title: str
        words: int = 0
        sources: list[str] = []

    def on_edit(self, words: int) -> int:
        self.context.words += words
        return self.context.words

    def long_enough(self) -> bool:
        return self.context.words >= 500

    def on_check(self, found_in: str) -> None:
        self.context.sources.append(found_in)


def main() -> None:
    with ActorSystem() as system:
        article = system.start(Publication, id="article-1", context={"title": "On actors"})
        print(article.ask(Publication.edit, words=620), "words")
        article.ask(Publication.hand_in)
        article.ask(Publication.hold)
        print(article.state)
        article.ask(Publication.resume)
        print(article.state)
        article.ask(Publication.check, found_in="the archive")
        print(article.state, article.context)


if __name__ == "__main__":
    main()
