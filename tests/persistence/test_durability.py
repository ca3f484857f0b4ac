"""What was acknowledged survives a kill, and readers never see half of anything."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
from repertory.persistence.recovery import BLANK, fold, recover
from repertory.persistence.sqlite import SqliteStore
from repertory.persistence.verification import verify

WRITE = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("conftest", sys.argv[2])
conftest = importlib.util.module_from_spec(spec)
spec.loader.exec_module(conftest)
store = conftest.SqliteStore(sys.argv[1])
authors = [conftest.Author(store, f"o{number}") for number in range(5)]
while True:
    assert not any(store.commit([author.step(total=1) for author in authors]))
    print(authors[0].record.sequence, flush=True)
"""


def test_every_acknowledged_step_survives_a_kill_and_none_is_half_there(path):
    conftest = Path(__file__).with_name("conftest.py")
    acknowledged = 0
    for kills in (1, 30, 100):
        other = path.with_name(f"killed-{kills}.db")
        process = subprocess.Popen(
            [sys.executable, "-c", WRITE, str(other), str(conftest)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(kills):
            acknowledged = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate()
        acknowledged = max([acknowledged, *map(int, rest.split()[:-1])])
        store = SqliteStore(other)
        sequences = {record.sequence for record in store.all()}
        # All five of a batch or none: they were one transaction.
        assert len(sequences) == 1
        assert sequences.pop() >= acknowledged
        assert list(verify(store)) == []
        store.close()


def test_readers_see_whole_steps_while_batches_are_written(path, author_in):
    store = SqliteStore(path, synchronous="OFF")
    authors = [author_in(store, f"o{number}").write(1) for number in range(3)]
    done, read_one = threading.Event(), threading.Event()
    seen = []

    def read():
        try:
            while not done.is_set():
                with store.reading():
                    loaded = [store.load(f"o{number}") for number in range(3)]
                    replayed = fold(BLANK, store.entries(loaded[0].record.number))
                seen.append((loaded, replayed))
                read_one.set()
        finally:
            read_one.set()

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for total in range(150):
        assert not any(store.commit([author.step(total=total) for author in authors]))
    read_one.wait()
    done.set()
    for reader in readers:
        reader.join()
    assert seen
    for loaded, replayed in seen:
        assert len({stored.record.sequence for stored in loaded}) == 1
        here = recover(loaded[0])
        assert here == replayed
        assert here.sequence == loaded[0].record.sequence
        assert here.chart.configuration == loaded[0].record.configuration
        assert msgspec.json.decode(here.context)["total"] == max(0, here.sequence - 2)
    store.close()


def test_a_second_writing_thread_waits_and_breaks_nothing(path, author_in):
    store = SqliteStore(path, synchronous="OFF")
    failures = []

    def write(id):
        author = author_in(store, id)
        for total in range(100):
            failures.extend(filter(None, store.commit([author.step(total=total)])))

    threads = [threading.Thread(target=write, args=(f"o{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [record.sequence for record in store.all()] == [100] * 4
    assert list(verify(store)) == []
    store.close()
