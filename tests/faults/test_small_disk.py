"""A file system that is full: what was acknowledged stays, and room that is made is used."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from repertory.actors import ActorSystem, State, Workflow
from repertory.actors.errors import StoreError


class Pile(Workflow):
    open = State(initial=True)
    put = open.to.itself(internal=True)

    class Context:
        count: int = 0

    def on_put(self, what: str) -> int:
        self.context.count += 1
        return self.context.count


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB, in memory."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_is_full_loses_nothing_and_is_used_again_when_it_has_room(small: Path) -> None:
    ballast = small / "ballast"
    ballast.write_bytes(b"x" * 2_000_000)
    acknowledged, failed = 0, []
    with ActorSystem(small / "piles.db") as system:
        pile = system.start(Pile, id="pile")
        while not failed:
            keys = [f"{acknowledged + n}" for n in range(10)]
            futures = [pile.ask("put", what="x" * 5000, key=key, block=False) for key in keys]
            for key, future in zip(keys, futures, strict=True):
                try:
                    future.get(timeout=60)
                except StoreError as error:
                    assert "the disk is full" in str(error)
                    failed.append(key)
                else:
                    acknowledged += 1
        assert pile.context.count == acknowledged
        assert system.verify() == []
        ballast.unlink()
        for key in failed:
            pile.ask("put", what="", key=key)
    with ActorSystem(small / "piles.db") as system:
        assert system.get("pile").context.count == acknowledged + len(failed)
        assert system.verify() == []
