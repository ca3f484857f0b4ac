"""Reads what all TOML forms write alike: agents, resources and contracts."""

from __future__ import annotations

from .environment import variables_in
from .model import Agent, Contract, Resource
from .names import is_name
from .table import Table
from .types import Type, parse_type

_KINDS = {
    "http": ("endpoint", "auth_required", "secret_key"),
    "webhook": ("endpoint", "description"),
    "database": ("connection_string", "pool_size"),
}


def read_agent(name: str, table: Table) -> Agent:
    """Read an agent."""
    _named(name, table, "an agent")
    agent = Agent(
        name=name,
        model=table.text("model", required=True),
        max_tokens=None if (most := table.number("max_tokens", least=1)) is None else int(most),
        temperature=table.number("temperature", whole=False),
        tags=tuple(table.texts("tags")),
    )
    variables_in(table, "model")
    table.close()
    return agent


def read_resource(name: str, table: Table) -> Resource:
    """Read a resource; what it has depends on its type."""
    _named(name, table, "a resource")
    kind = table.text("type", required=True)
    if kind and kind not in (*_KINDS, "custom"):
        table.fault(
            "type",
            f"{table.what[:1].upper()}{table.what[1:]} is of type {kind!r}; the types are "
            f"{', '.join(_KINDS)} and custom.",
            name,
            value=True,
        )
    settings = {key: table.raw(key) for key in table if key != "type"}
    if kind in _KINDS:
        table = Table(table.source, table.path, {"type": kind, **settings}, table.what)
        table.text("type")
        table.text(_KINDS[kind][0], required=True)
        for key in _KINDS[kind][1:]:
            _setting(table, key)
        if table.boolean("auth_required") if kind == "http" else False:
            table.text("secret_key", required=True)
        table.close()
    for key in settings:
        variables_in(table, key)
    secret = settings.get("secret_key")
    return Resource(name, kind, settings, secret if isinstance(secret, str) else None)


def _setting(table: Table, key: str) -> None:
    if key == "auth_required":
        table.boolean(key)
    elif key == "pool_size":
        table.number(key, least=1)
    else:
        table.text(key)


def _named(name: str, table: Table, what: str) -> None:
    if not is_name(name):
        table.fault(
            "",
            f"{name[:60]!r} can't be the name of {what}: names are of letters, digits, '_' and "
            f"'-', and begin with a letter.",
            name,
        )


def read_contract(name: str, table: Table) -> Contract:
    """Read a contract."""
    title, description = table.text("name"), table.text("description")
    fields = {key: _fields(table, key) for key in ("input", "output")}
    table.close()
    return Contract(name, title, description, fields["input"], fields["output"])


def _fields(table: Table, key: str) -> dict[str, Type]:
    found: dict[str, Type] = {}
    inner = table.table(key, f"{key!r} of {table.what}")
    for field in inner:
        type = inner.parsed(field, parse_type)
        if type is not None:
            found[field] = type
    return found
