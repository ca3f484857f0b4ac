"""A disk that is full, locked, read-only, gone or damaged: told clearly, and nothing is lost."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from repertory.actors import ActorSystem, RepertoryError, WorkflowRef
from repertory.actors.errors import SerializationFailed, StoreError
from repertory.persistence.errors import StoreDamaged
from repertory.persistence.sqlite import SqliteStore

from .charts import Tally

LONG = 20.0


@contextmanager
def opened(file: Path, busy_timeout: float = 5.0) -> Iterator[tuple[ActorSystem, SqliteStore]]:
    store = SqliteStore(file, busy_timeout=busy_timeout)
    with ActorSystem(store=store) as system:
        yield system, store


def total(file: Path, id: str = "t") -> int:
    """Return what another system finds, on a sound store."""
    with ActorSystem(file) as system:
        assert system.verify() == []
        found: int = system.get(id).context.total
        return found


# --- full ---


def test_a_full_disk_fails_what_does_not_fit_and_nothing_else(file: Path) -> None:
    with opened(file) as (system, store):
        tally = system.start(Tally, id="t")
        writer = store._writing()._connection
        (pages,) = writer.execute("PRAGMA page_count").fetchone()
        writer.execute(f"PRAGMA max_page_count = {pages + 4}")
        acknowledged = 0
        with pytest.raises(StoreError, match="the disk is full"):
            for _ in range(10_000):
                tally.ask("add", n=1)
                acknowledged += 1
        assert 0 < acknowledged < 10_000
        assert tally.context.total == acknowledged
        with pytest.raises(StoreError, match="the disk is full"):
            for number in range(100):
                system.start(Tally, id=f"other-{number}", context={"seen": list(range(1000))})
        writer.execute("PRAGMA max_page_count = 1000000")
        assert tally.ask("add", n=1) == acknowledged + 1
        assert system.verify() == []
    assert total(file) == acknowledged + 1


def test_a_full_disk_fails_all_in_flight_and_a_key_may_be_used_again(file: Path) -> None:
    with opened(file) as (system, store):
        tally = system.start(Tally, id="t")
        writer = store._writing()._connection
        (pages,) = writer.execute("PRAGMA page_count").fetchone()
        writer.execute(f"PRAGMA max_page_count = {pages + 4}")
        futures = [tally.ask("add", n=n, key=f"k{n}", block=False) for n in range(300)]
        done = []
        for n, future in enumerate(futures):
            try:
                future.get(timeout=LONG)
                done.append(n)
            except StoreError:
                pass
        assert tally.context.seen == done
        assert len(done) < len(futures)
        writer.execute("PRAGMA max_page_count = 1000000")
        for n in range(300):
            tally.ask("add", n=n, key=f"k{n}")
        assert sorted(tally.context.seen) == list(range(300))
    assert total(file) == sum(range(300))


# --- locked ---


def test_a_lock_of_another_program_is_waited_for_so_long_and_named(file: Path) -> None:
    with opened(file, busy_timeout=0.05) as (system, _):
        tally = system.start(Tally, id="t")
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            futures = [tally.ask("add", n=1, block=False) for _ in range(5)]
            for future in futures:
                with pytest.raises(StoreError, match=r"locked by another program|does not follow"):
                    future.get(timeout=LONG)
            assert tally.context.total == 0, "readers do not wait for a writer"
            other.execute("ROLLBACK")
        assert tally.ask("add", n=1) == 1
    assert total(file) == 1


def test_a_lock_that_ends_in_time_is_not_noticed(file: Path) -> None:
    with opened(file, busy_timeout=LONG) as (system, _):
        tally = system.start(Tally, id="t")
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            future = tally.ask("add", n=1, block=False)
            other.execute("ROLLBACK")
        assert future.get(timeout=LONG) == 1


# --- taken away ---


# Windows lets nobody delete or rename what is open.
movable = pytest.mark.skipif(os.name == "nt", reason="an open file stays where it is there")


@movable
def test_a_file_that_is_deleted_under_a_system_is_not_written_to_in_silence(file: Path) -> None:
    with opened(file) as (system, _):
        tally = system.start(Tally, id="t")
        tally.ask("add", n=1)
        for beside in file.parent.glob(f"{file.name}*"):
            beside.unlink()
        with pytest.raises(StoreError, match="is no longer where it was opened"):
            tally.ask("add", n=1)
        with pytest.raises(StoreError, match="is no longer where it was opened"):
            system.start(Tally, id="other")
    assert not file.exists()


@movable
def test_a_file_that_is_replaced_under_a_system_is_not_written_to(file: Path) -> None:
    aside = file.with_name("aside")
    with opened(file) as (system, _):
        tally = system.start(Tally, id="t")
        tally.ask("add", n=1)
        file.rename(aside)
        shutil.copy(aside, file)
        with pytest.raises(StoreError, match="has been replaced by another file"):
            tally.ask("add", n=1)
        aside.replace(file)
        assert tally.ask("add", n=1) == 2
    assert total(file) == 2


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_file_made_read_only_refuses_the_next_system(file: Path) -> None:
    with opened(file) as (system, _):
        system.start(Tally, id="t").ask("add", n=1)
    file.chmod(0o400)
    with pytest.raises(StoreError, match="read-only"), opened(file):
        pass
    with ActorSystem(file, read_only=True) as system:
        assert system.get("t").context.total == 1


def test_a_connection_made_read_only_fails_steps_and_goes_on_after(file: Path) -> None:
    with opened(file) as (system, store):
        tally = system.start(Tally, id="t")
        writer = store._writing()._connection
        writer.execute("PRAGMA query_only = ON")
        with pytest.raises(StoreError, match="read-only"):
            tally.ask("add", n=1)
        with pytest.raises(StoreError, match="read-only"):
            system.remove("t")
        writer.execute("PRAGMA query_only = OFF")
        assert tally.ask("add", n=1) == 1
    assert total(file) == 1


# --- what a file can't take ---


@pytest.mark.parametrize("on_disk", [True, False])
def test_text_that_cannot_be_written_fails_its_step_and_undoes_it(
    file: Path, on_disk: bool
) -> None:
    with ActorSystem(file if on_disk else None) as system:
        with pytest.raises(SerializationFailed, match="half a surrogate pair"):
            system.start(Tally, id="t\ud800")
        tally = system.start(Tally, id="t")
        with pytest.raises(SerializationFailed, match="half a surrogate pair"):
            tally.ask("add", n=1, key="\ud800")
        assert tally.ask("add", n=1) == 1
        assert system.verify() == []


# --- damaged ---


def copied(file: Path, to: Path) -> Path:
    """Copy a store as it lies there, as a crash would leave it."""
    to.mkdir()
    for beside in file.parent.glob(f"{file.name}*"):
        if beside.suffix != ".lock" and not beside.name.endswith(("-shm", ".lock")):
            shutil.copy(beside, to / beside.name)
    return to / file.name


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.77, 0.999])
def test_a_truncated_log_gives_a_prefix_of_the_history(
    file: Path, tmp_path: Path, share: float
) -> None:
    with opened(file) as (system, _):
        tally = system.start(Tally, id="t")
        for n in range(40):
            tally.ask("add", n=n)
        crashed = copied(file, tmp_path / "crashed")
    log = crashed.with_name(f"{crashed.name}-wal")
    size = log.stat().st_size
    assert size > 0
    os.truncate(log, int(size * share))
    with ActorSystem(crashed) as system:
        assert system.verify() == []
        for record in system.list():
            seen = system.get(record.id).context.seen
            assert seen == list(range(len(seen)))
            assert len(seen) < 40
            system.get(record.id).ask("add", n=99)


def flip(file: Path, marker: bytes) -> None:
    """Change one bit in the one place where the file has these bytes."""
    content = bytearray(file.read_bytes())
    assert content.count(marker) == 1
    content[content.index(marker) + len(marker) // 2] ^= 0x01
    file.write_bytes(content)


def test_a_flipped_bit_is_found_and_told_and_others_are_unaffected(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    with opened(file) as (system, _):
        for id in ("sound", "spoilt"):
            tally = system.start(Tally, id=id)
            tally.ask("add", n=1)
        tally.ask("add", n=987_654_321)
    flip(file, b"[1,987654321]}}")
    with opened(file) as (system, _):
        problems = system.verify()
        assert {problem.workflow_id for problem in problems} == {"spoilt"}
        assert system.verify("sound") == []
        spoilt, sound = system.get("spoilt"), system.get("sound")
        for broken in (lambda: spoilt.ask("add", n=1), spoilt.snapshot):
            with pytest.raises(StoreDamaged, match="spoilt"):
                broken()
        outcomes = system.recover()
        assert isinstance(outcomes["spoilt"], StoreDamaged) and outcomes["sound"] is None
        assert sound.ask("add", n=1) == 2
        system.stop("spoilt")
        with pytest.raises(RepertoryError):
            WorkflowRef(system, "spoilt").ask("add", n=1)
