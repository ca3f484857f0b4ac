"""A master deals out boards to workers, who put one queen more on each."""

from collections.abc import Iterator
from typing import Any

from benchmarks.savina.case import Case
from benchmarks.savina.role import START, Ref, Role


def extensions(board: tuple[int, ...], size: int) -> Iterator[tuple[int, ...]]:
    """Yield the boards with one queen more that nothing attacks."""
    row = len(board)
    for column in range(size):
        if all(
            other != column and abs(other - column) != row - place
            for place, other in enumerate(board)
        ):
            yield (*board, column)


def solutions(board: tuple[int, ...], size: int) -> int:
    """Count the full boards that a board leads to."""
    if len(board) == size:
        return 1
    return sum(solutions(more, size) for more in extensions(board, size))


def boards(size: int, depth: int, board: tuple[int, ...] = ()) -> int:
    """Count the boards that are dealt out: those of up to `depth` queens."""
    if len(board) == depth:
        return 1
    return 1 + sum(boards(size, depth, more) for more in extensions(board, size))


class Master(Role):
    def setup(self, size: int, depth: int, workers: int) -> None:
        self.size, self.depth, self.count = size, depth, workers
        self.dealt = self.done = self.found = 0

    def receive(self, message: Any) -> None:
        if message == START:
            self.workers = [
                self.spawn(Worker, self.size, self.depth, self.me) for _ in range(self.count)
            ]
            self.deal(())
        elif message[0] == "board":
            self.deal(message[1])
        else:
            self.found += message[1]
            self.done += 1
            if self.done == self.dealt:
                self.finish(self.found)

    def deal(self, board: tuple[int, ...]) -> None:
        self.workers[self.dealt % self.count].tell(board)
        self.dealt += 1


class Worker(Role):
    def setup(self, size: int, depth: int, master: Ref) -> None:
        self.size, self.depth, self.master = size, depth, master

    def receive(self, board: Any) -> None:
        found = 0
        if len(board) < self.depth:
            for more in extensions(board, self.size):
                self.master.tell(("board", more))
        else:
            found = solutions(board, self.size)
        self.master.tell(("done", found))


CASE = Case(
    name="n-queens",
    measures="a master and 20 workers, with work in each message",
    main=Master,
    sizes={"size": 8, "depth": 6, "workers": 20},
    scaled="",
    savina="12 queens, 20 workers",
    unit="board",
    operations=lambda size, depth, workers: boards(size, depth),
    actors=lambda size, depth, workers: workers + 1,
    expected=lambda size, depth, workers: solutions((), size),
)
