"""Looking into a system from another process: a local socket beside its store.

A request is a line, `inspect` or `dump`; the answer is one JSON document, and the end.
"""

from __future__ import annotations

import logging
import os
import selectors
import socket
import stat
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from ..persistence.errors import RepertoryError, StoreError

logger = logging.getLogger("repertory")

LONGEST_PATH = 100
"""Bytes of a path that any system's sockets take."""

PATIENCE = 5.0
"""Seconds that either side waits for the other."""


def socket_path(store: Path) -> Path:
    """Return where the socket of a store is: beside it, or if its path is too long elsewhere."""
    store = store.resolve()
    beside = store.with_name(f"{store.name}.inspect")
    if len(os.fsencode(beside)) <= LONGEST_PATH:
        return beside
    digest = blake2b(os.fsencode(store), digest_size=12).hexdigest()
    return Path(tempfile.gettempdir()) / f"repertory-{digest}.inspect"


class InspectionServer:
    """Answers whoever connects to the socket of a store, if the system lets them: its owner."""

    def __init__(self, store: Path, name: str, answer: Callable[[str], bytes]) -> None:
        """Begin to listen. The caller holds the store, so what was there before is a leftover.

        Arguments:
            store: the file of the store.
            name: what its thread is called after.
            answer: gives the answer to a request.

        Raises:
            RepertoryError: this system has no such sockets.
            StoreError: it can't be made there.
        """
        if not hasattr(socket, "AF_UNIX"):
            raise RepertoryError(
                "A system can't be inspected from outside on this platform, which has no local "
                "sockets in Python; open it without inspectable, and use inspect() within it."
            )
        self.path = socket_path(store)
        self._answer = answer
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._remove()
            self._socket.bind(os.fspath(self.path))
            # Nobody can connect before it listens, so nobody can before this.
            self.path.chmod(0o600)
            self._socket.listen(8)
            self._socket.setblocking(False)
        except OSError as error:
            self._socket.close()
            raise StoreError(
                f"{self.path} can't be listened on ({error.strerror or error}); remove what is "
                f"there, or open the store without inspectable.",
                path=store,
            ) from error
        self._woken, self._wake = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, name=f"{name}-inspect", daemon=True)
        self._thread.start()

    def _remove(self) -> None:
        with suppress(FileNotFoundError):
            if not stat.S_ISSOCK(self.path.lstat().st_mode):
                raise FileExistsError(17, "there is a file of that name")
            self.path.unlink()

    def _serve(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _ in selector.select()]
                if self._woken in ready:
                    return
                try:
                    connection, _ = self._socket.accept()
                    with connection:
                        connection.settimeout(PATIENCE)
                        request = connection.makefile("rb").readline(100)
                        connection.sendall(self._answer(request.decode().strip()))
                except OSError:
                    continue  # whoever asked has left
                except Exception:
                    logger.exception("A request to look into the system failed.")

    def close(self) -> None:
        """Listen no more, and remove the socket; may be repeated."""
        if self._thread.is_alive():
            self._wake.send(b".")
            self._thread.join()
            for one in (self._socket, self._woken, self._wake):
                one.close()
            with suppress(OSError):
                self._remove()


def ask(store: Path, request: str) -> bytes | None:
    """Return what the process that holds a store answers; None if none does, or lets us ask.

    Arguments:
        store: the file of the store.
        request: `inspect` or `dump`.
    """
    if not hasattr(socket, "AF_UNIX"):
        return None
    path = socket_path(store)
    try:
        if path.lstat().st_uid not in (os.getuid(), store.stat().st_uid):
            return None  # somebody else's, in a folder for all
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(os.fspath(path))
            connection.sendall(f"{request}\n".encode())
            return connection.makefile("rb").read() or None
    except OSError:
        return None
