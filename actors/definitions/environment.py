"""The environment's values in a document: `${VAR}` stays as it is written until it is needed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .faults import SecretMissing
from .places import Path
from .table import Table

_VARIABLE = re.compile(r"\$\{([^}\n]*)\}?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def variables(value: Any) -> Iterator[str]:
    """Yield the names of the variables in a value, and in what is within it."""
    if isinstance(value, str):
        yield from (match[1] for match in _VARIABLE.finditer(value))
    elif isinstance(value, dict):
        for inner in value.values():
            yield from variables(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from variables(inner)


def variables_in(table: Table, key: str) -> None:
    """Note a fault for each variable of a key's value that is not set, or written wrongly."""
    environment = table.source.environment
    told: set[str] = set()
    for path, text in _texts(table.raw(key), (*table.path, key)):
        for name in variables(text):
            if name in told:
                continue
            told.add(name)
            where = f"{key!r} of {table.what}"
            if not _NAME.fullmatch(name):
                what = f"{where} has a '${{' that is no variable; write it as '${{NAME}}'."
                table.source.fault(path, what, name or "${", value=True)
            elif environment is not None and name not in environment:
                what = f"{where} takes the value of ${{{name}}}, which is not set in the"
                table.source.fault(path, f"{what} environment. Set it.", name, value=True)


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the texts in a value, each with where it stands."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(inner, (*path, key))


def expand(value: Any, environment: Mapping[str, str]) -> Any:
    """Return a value with the environment's values in the place of variables.

    Raises:
        SecretMissing: one is not set.
    """
    if isinstance(value, str):
        missing = [name for name in variables(value) if name not in environment]
        if missing:
            raise SecretMissing(
                f"{', '.join(missing)} {'are' if len(missing) > 1 else 'is'} not set in the "
                f"environment; set it before the workflow is started.",
                variables=missing,
            )
        return _VARIABLE.sub(lambda match: environment[match[1]], value)
    if isinstance(value, dict):
        return {key: expand(inner, environment) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [expand(inner, environment) for inner in value]
    return value
