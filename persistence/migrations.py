"""The way from an older schema to the newest, one version at a time.

`MIGRATIONS[n - 1]` takes a store from version n to n + 1. All that are needed run in the one
transaction that also writes the new version, so a store is migrated wholly or not at all. A
migration says itself what it makes: what the models say changes with later versions.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from . import totals
from .marks import numbered
from .models import SCHEMA_VERSION

Migration = Callable[[sqlite3.Connection], None]


def _add_totals(connection: sqlite3.Connection) -> None:
    """From 1 to 2: the store knows how many rows its tables have, and entries their number."""
    connection.create_function("numbered", 2, numbered, deterministic=True)
    connection.execute("UPDATE state_transitions SET checksum = numbered(id, checksum)")
    connection.execute(
        "CREATE TABLE totals (name TEXT NOT NULL PRIMARY KEY, rows INTEGER NOT NULL, "
        "marks INTEGER NOT NULL)"
    )


MIGRATIONS: Sequence[Migration] = (_add_totals,)


def migrate(
    connection: sqlite3.Connection,
    found: int,
    migrations: Sequence[Migration] = MIGRATIONS,
) -> None:
    """Bring the schema from version `found` to the newest, within the caller's transaction.

    Arguments:
        connection: in a transaction, with foreign keys not enforced, so that a migration may
            build a table anew; they are checked at the end.
        found: the version that the store has.
        migrations: the steps, the first from version 1 to 2.

    Raises:
        sqlite3.IntegrityError: a migration left rows that point nowhere.
    """
    for step in migrations[found - 1 :]:
        step(connection)
    if dangling := connection.execute("PRAGMA foreign_key_check").fetchall():
        raise sqlite3.IntegrityError(f"migrating left {len(dangling)} rows that point nowhere")
    totals.count(connection)  # of the rows as they have become
    connection.execute(f"PRAGMA user_version = {len(migrations) + 1}")


if len(MIGRATIONS) + 1 != SCHEMA_VERSION:
    raise AssertionError("each schema version after the first needs its migration")
