"""Where each thread is can be taken down, whatever the threads are doing."""

from __future__ import annotations

import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest
from repertory.actors.runtime import Runtime
from repertory.actors.runtime.stacks import thread_stacks

from .actors import Caller, Echo, Gate


def test_each_threads_calls_are_told_outermost_first_with_their_source() -> None:
    def waits(gate: Gate) -> None:
        gate()

    with Gate() as gate:
        thread = threading.Thread(target=waits, args=(gate,))
        thread.start()
        assert gate.reached.wait(20)
        found = thread_stacks()
    thread.join()
    told = found[thread.ident or 0]
    (outer,) = [place for place, call in enumerate(told) if "in waits\n    gate()" in call]
    assert any("in __call__" in call for call in told[outer:])
    assert "in test_each" in "".join(found[threading.get_ident()])


def test_a_file_with_any_letters_in_its_name_is_found(tmp_path: Path) -> None:
    file = tmp_path / "façade_日本_🙂.py"
    source = "def çа(look):\n    return look()  # here\n"
    file.write_text(source, encoding="utf-8")
    names: dict[str, Any] = {}
    exec(compile(source, file, "exec"), names)
    told = "".join(names["çа"](thread_stacks)[threading.get_ident()])
    assert f'File "{file}", line 2, in çа\n    return look()  # here' in told


def test_without_a_file_to_be_had_there_is_no_stack_and_the_dump_is_there(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    assert thread_stacks() == {}
    assert runtime.dump().startswith("test: 0 at work")


def test_one_can_look_at_any_moment_while_actors_come_ask_and_go() -> None:
    looked = threading.Event()
    wrong: list[BaseException] = []

    def look(runtime: Runtime) -> None:
        try:
            for _ in range(300):
                runtime.lookout.look(0.0)
                runtime.at_work(stacks=True)
        except BaseException as error:
            wrong.append(error)
        looked.set()

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with Runtime("looked-at") as runtime:
            thread = threading.Thread(target=look, args=(runtime,))
            thread.start()
            while not looked.is_set():
                inner, outer = runtime.start(Echo), runtime.start(Caller)
                assert outer.ask(lambda _, inner=inner: inner.ask(7), timeout=20) == 7
                for ref in (inner, outer):
                    ref.stop(block=False)
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert wrong == []
