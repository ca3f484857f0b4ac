"""Fields of a context that actions and guards use, and that its type does not have."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from ..persistence.codec import ContextCodec


def unknown_fields(workflow: type, codec: ContextCodec) -> Iterator[str]:
    """Yield a sentence for each `self.context.field` that there is no such field for.

    Told from the source of the class's own methods; what has no source is passed over, and so is a
    context of no declared type.
    """
    if codec.fields is None:
        return
    for name, function in vars(workflow).items():
        if not inspect.isfunction(function):
            continue
        for field, line in _used(function):
            if field in codec.fields or hasattr(codec.type, field):
                continue
            near = get_close_matches(field, codec.fields, n=1)
            meant = f"; did you mean {near[0]!r}?" if near else f", but {', '.join(codec.fields)}."
            yield (
                f"line {line}: {name}() uses self.context.{field}, and {codec.type.__qualname__} "
                f"has no field {field!r}{meant}"
            )


def _used(function: Any) -> list[tuple[str, int]]:
    try:
        lines, first = inspect.getsourcelines(function)
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, SyntaxError):
        return []
    return [
        (node.attr, first + node.lineno - 1)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "context"
        and isinstance(node.value.value, ast.Name)
        and node.value.value.id == "self"
    ]
