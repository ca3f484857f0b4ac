"""Reads what all TOML forms write alike: agents, resources and contracts."""

from __future__ import annotations

from .environment import variables, variables_in
from .keys import RESOURCE_TYPE, RESOURCES
from .model import Agent, Contract, Resource
from .names import is_name
from .shapes import Flag, Number, Shape
from .table import Table
from .types import Type, parse_type


def read_agent(name: str, table: Table) -> Agent:
    """Read an agent."""
    _named(name, table, "an agent")
    agent = Agent(
        name=name,
        model=table.text("model"),
        max_tokens=None if (most := table.number("max_tokens")) is None else int(most),
        temperature=table.number("temperature"),
        tags=tuple(table.texts("tags")),
    )
    for key in ("model", "tags"):
        variables_in(table, key)
    table.close()
    return agent


def read_resource(name: str, table: Table) -> Resource:
    """Read a resource; what it has depends on its type."""
    _named(name, table, "a resource")
    settings = {key: table.raw(key) for key in table}
    just_type = {key: value for key, value in settings.items() if key == "type"}
    typed = Table(table.source, table.path, just_type, table.what, {"type": RESOURCE_TYPE})
    kind = typed.choice("type", name)
    settings.pop("type", None)
    if kind and kind != "custom":
        keys = RESOURCES[kind].keys
        inner = Table(table.source, table.path, settings, table.what, keys)
        for key, shape in keys.items():
            _setting(inner, key, shape)
        if kind == "http" and settings.get("auth_required") is True:
            inner.text("secret_key", required=True)
        inner.close()
    secret = settings.get("secret_key")
    for key in settings:
        if key == "secret_key" and kind != "custom" and any(variables(secret)):
            what = f"'secret_key' of {table.what} is the name of a variable, not its value; write"
            table.fault(key, f"{what} it without '${{' and '}}'.", name, value=True)
        else:
            variables_in(table, key)
    return Resource(name, kind, settings, secret if isinstance(secret, str) else None)


def _setting(table: Table, key: str, shape: Shape) -> None:
    if isinstance(shape, Flag):
        table.boolean(key)
    elif isinstance(shape, Number):
        table.number(key)
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
    what = f"{key!r} of {table.what}"
    if key in table and not isinstance(table.raw(key), dict):
        says = f'{what} must be a table from fields to types, as in {{ amount = "integer" }}.'
        table.fault(key, says, value=True)
        return found
    inner = table.table(key, what)
    for field in inner:
        type = inner.parsed(field, parse_type)
        if type is not None:
            found[field] = type
    return found
