"""A store whose making was cut short is made by the next who opens it."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from repertory.persistence.sqlite import SqliteStore
from repertory.persistence.verification import verify

from .recording import Files, Platter, Recording, play, put
from .vfs import watched_by


@pytest.fixture
def creation(file: Path) -> Recording:
    made = Recording()
    with watched_by(made):
        SqliteStore(file).close()
    return made


EVERY = os.environ.get("REPERTORY_EVERY_WRITE") == "1"


def left_by(platter: Platter, choose: random.Random) -> Iterator[Files]:
    yield platter.process_killed()
    losses = [1.0, 0.8, 0.5, 0.2] * 3 if EVERY else [choose.choice([1.0, 0.8, 0.2])]
    for loss in losses:
        yield platter.power_cut(choose, loss)


def test_a_store_whose_making_was_cut_short_anywhere_is_made_again(
    creation: Recording, tmp_path: Path
) -> None:
    def reached(point: int, platter: Platter) -> None:
        for files in left_by(platter, random.Random(point)):
            place = put(files, tmp_path / "cut")
            store = SqliteStore(place / "store.db", synchronous="OFF")
            assert list(verify(store)) == []
            store.close()
            shutil.rmtree(place)

    play(creation, reached)
