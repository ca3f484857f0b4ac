"""A pytest plugin (`-p`) that runs Pykka's own tests on pooled actors.

Pykka's `runtime` fixture takes its classes when the conftest is imported, so they are
swapped before that.
"""

from __future__ import annotations

import pykka
from repertory.actors.runtime import PooledActor, PooledFuture

pykka.ThreadingActor = PooledActor  # type: ignore[misc,assignment]  # that is the point
pykka.ThreadingFuture = PooledFuture  # type: ignore[misc,assignment]  # that is the point
