"""The runtime of actors that were started without one, in Pykka's ways."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pykka

from .forking import in_child
from .ref import PooledRef
from .runtime import Runtime

logger = logging.getLogger("repertory.actors.runtime")


class DefaultRuntime(Runtime):
    """A runtime for programs written for Pykka.

    Its actors are also in `pykka.ActorRegistry`, whose `stop_all` therefore works, and a
    `BaseException` in one of them stops them all. Pykka's registry is a list: with many
    thousands of actors use a `Runtime` of your own.
    """

    def _register(self, ref: PooledRef[Any]) -> None:
        super()._register(ref)
        pykka.ActorRegistry.register(ref)

    def _forget(self, ref: PooledRef[Any]) -> None:
        super()._forget(ref)
        pykka.ActorRegistry.unregister(ref)

    def _on_base_exception(self, mailbox: Any, error: BaseException) -> None:
        logger.debug("%r in %s. Stopping all actors.", error, mailbox.ref)
        for ref in reversed(list(self.registry.values())):
            if ref is not mailbox.ref:
                ref.stop(block=False)


_making = threading.Lock()
_default: DefaultRuntime | None = None


@in_child
def _forget() -> None:
    global _making, _default
    _making, _default = threading.Lock(), None


def default_runtime() -> Runtime:
    """Return the process's default runtime; made when first needed, or after a shutdown."""
    global _default
    with _making:
        if _default is None or _default._closing:
            _default = DefaultRuntime("repertory-default")
        return _default
