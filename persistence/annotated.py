"""What a class annotates, on every Python: since 3.14 it is worked out when it is asked for."""

from __future__ import annotations

import inspect
import sys
from typing import Any


def annotated(cls: type[Any]) -> dict[str, Any]:
    """Return the annotations of a class, none of its bases', by name.

    They are told as they are written where that is all that can be: a name in them may not be
    known yet, or be known to type checkers alone.

    Example:
        >>> class Context:
        ...     total: "Money"
        >>> annotated(Context)
        {'total': 'Money'}
    """
    if sys.version_info >= (3, 14):
        import annotationlib

        return annotationlib.get_annotations(cls, format=annotationlib.Format.STRING)
    return inspect.get_annotations(cls)
