"""The operating system itself refuses to let a file grow, and cuts a write short at its limit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from repertory.actors.errors import StoreError
from repertory.actors.runtime import ManualClock

from tests.crash.worker import Account

from .scenario import opened

resource = pytest.importorskip("resource", reason="there are no such limits here")


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("room", [0, 10, 700, 5_000, 12_345])
def test_a_write_that_is_cut_short_fails_its_step_and_nothing_else(
    tmp_path: Path, room: int
) -> None:
    file = tmp_path / "store.db"
    log, acknowledged = tmp_path / "store.db-wal", 0
    with closing(opened(file, ManualClock())) as system:
        account = system.start(Account, id="account")
        with (
            no_file_larger_than(log.stat().st_size + room),
            pytest.raises(StoreError, match="disk"),
        ):
            while True:
                name = str(acknowledged)
                account.ask("put", amount=1, name=name, key=name)
                acknowledged += 1
        assert account.context.balance == acknowledged
        assert system.verify() == []
        account.ask("put", amount=1, name=name, key=name)
        assert account.context.balance == acknowledged + 1
    with closing(opened(file, ManualClock())) as system:
        assert system.verify() == []
        assert len(system.get("account").context.keys) == acknowledged + 1
