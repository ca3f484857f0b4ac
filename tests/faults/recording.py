"""Records what SQLite does to its files, and what a crash at any point would have left of them."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .vfs import OK, Change, Disk

SECTOR = 512


class Recording(Disk):
    """Keeps every change in its order, and where among them what was seen from outside.

    Attributes:
        changes: every change.
        marks: what was noted, each with the number of changes that had begun by then.
    """

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.marks: list[tuple[int, tuple[str, Any]]] = []
        self._lock = threading.Lock()

    def change(self, change: Change) -> int:
        with self._lock:
            self.changes.append(change)
        return OK

    def note(self, what: str, about: Any) -> None:
        """Note something that has just happened, such as an answer that was given."""
        with self._lock:
            self.marks.append((len(self.changes), (what, about)))

    def marked(self, upto: int) -> list[tuple[str, Any]]:
        """Return what had been noted when the first `upto` changes were made, and no more."""
        return [what for position, what in self.marks if position <= upto]


Files = dict[str, bytes]
"""What a directory holds: names and contents."""


@dataclass
class _File:
    now: bytearray = field(default_factory=bytearray)
    flushed: bytes = b""
    since: list[Change] = field(default_factory=list)


class Platter:
    """Follows a recording, and knows what of it has reached the disk for certain.

    What the process writes is in the operating system's hands at once, and survives the process.
    A power cut takes what was not flushed: any part of it, in any order.
    """

    def __init__(self, files: Files | None = None) -> None:
        """Begin with these files, which are on the disk, or with none."""
        self._files = {
            path: _File(bytearray(content), content) for path, content in (files or {}).items()
        }
        # For each name, what it may stand for after a power cut; the last is what it does now.
        self._names: dict[str, list[_File | None]] = {
            path: [file] for path, file in self._files.items()
        }

    def make(self, change: Change) -> None:
        path = change.path
        match change.kind:
            case "create":
                self._files[path] = _File()
                self._names.setdefault(path, [None]).append(self._files[path])
            case "delete":
                del self._files[path]
                self._names[path].append(None)
            case "sync":
                file = self._files[path]
                file.flushed, file.since = bytes(file.now), []
            case _:
                file = self._files[path]
                file.since.append(change)
                _make(file.now, change)
        if change.directory:
            for name, stages in self._names.items():
                self._names[name] = stages[-1:]

    def process_killed(
        self, torn: Change | None = None, choose: random.Random | None = None
    ) -> Files:
        """Return the files when the process dies now, within the change `torn` if one is given."""
        files = {path: file.now for path, file in self._files.items()}
        if torn is not None and choose is not None:
            content = bytearray(files[torn.path])
            size = choose.choice([choose.randrange(len(torn.data)), _sector(choose, torn.data)])
            _make(content, _cut(torn, size))
            files[torn.path] = content
        return {path: bytes(content) for path, content in files.items()}

    def power_cut(self, choose: random.Random, loss: float) -> Files:
        """Return files that a power cut may leave now.

        Arguments:
            choose: decides what survives.
            loss: the probability that a change that was not flushed is lost, or half lost.
        """
        files: Files = {}
        for path, stages in self._names.items():
            file = stages[0] if choose.random() < loss else stages[-1]
            if len(stages) > 2 and choose.random() < 0.2:
                file = choose.choice(stages)
            if file is None:
                continue
            content = bytearray(file.flushed)
            for change in file.since:
                for part in _left_of(change, choose, loss):
                    _make(content, part)
            files[path] = bytes(content)
        return files


def _make(content: bytearray, change: Change) -> None:
    if change.kind == "truncate":
        del content[change.size :]
        return
    content.extend(bytes(max(0, change.offset - len(content))))
    content[change.offset : change.offset + len(change.data)] = change.data


def _sector(choose: random.Random, data: bytes) -> int:
    return choose.randrange(0, len(data) + 1, SECTOR)


def _cut(change: Change, size: int) -> Change:
    return Change("write", change.path, change.offset, change.data[:size])


def _left_of(change: Change, choose: random.Random, loss: float) -> Iterator[Change]:
    """Yield what is left of a change that was not flushed."""
    if choose.random() >= loss:
        yield change
        return
    if change.kind != "write":
        return
    data, path, offset = change.data, change.path, change.offset
    match choose.choice(["lost", "begun", "sectors", "zeros", "garbage"]):
        case "begun":
            yield _cut(change, choose.randrange(len(data)))
        case "sectors":
            for start in range(0, len(data), SECTOR):
                if choose.random() < 0.5:
                    yield Change("write", path, offset + start, data[start : start + SECTOR])
        case "zeros":
            yield Change("write", path, offset, bytes(len(data)))
        case "garbage":
            yield Change("write", path, offset, choose.randbytes(len(data)))


def put(files: Files, folder: Path) -> Path:
    """Write files into a new folder, under the names that they had, and return the database."""
    folder.mkdir()
    for path, content in files.items():
        (folder / Path(path).name).write_bytes(content)
    return folder


def play(
    recording: Recording,
    reached: Callable[[int, Platter], None],
    platter: Platter | None = None,
) -> None:
    """Make the changes one by one; `reached` is called before each, and after the last."""
    platter = platter or Platter()
    for number, change in enumerate(recording.changes):
        reached(number, platter)
        platter.make(change)
    reached(len(recording.changes), platter)
