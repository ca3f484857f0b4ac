"""What becomes of actors in a process that is forked off: they stay with the parent."""

from __future__ import annotations

import os
from collections.abc import Callable


def in_child(call: Callable[[], None]) -> Callable[[], None]:
    """Have `call` called in each forked process; never where there is no fork.

    A child has no thread but the one that forked, and the locks of the others as they were.
    """
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=call)
    return call
