"""The tables, as Peewee models: the schema, and what every statement is compiled from.

No model is bound to a database: one process may have several stores open. A configuration, and
whatever else is a list of states, is kept as a compact JSON array. Rows that the history does not
vouch for have a `mark` of their own: see `marks`.
"""

from __future__ import annotations

from typing import Any

from peewee import (
    SQL,
    BlobField,
    Check,
    CompositeKey,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)

APPLICATION_ID = 0x52707279
"""Marks a SQLite file as ours ("Rpry")."""

SCHEMA_VERSION = 2

LONG = 100
"""Workflows that keep more entries than this are indexed by how many they keep."""


class StoreRow(Model):
    """The one row that is about the store itself."""

    id = IntegerField(primary_key=True, constraints=[Check("id = 1")])
    created_at = IntegerField()
    # Raised by each system that opens the store to write, and checked in each transaction.
    epoch = IntegerField()
    pid = IntegerField()
    host = TextField()
    since = IntegerField()
    # Removed workflows and entries must not have their numbers given out again.
    last_number = IntegerField()
    last_entry = IntegerField()

    class Meta:
        table_name = "store"


class WorkflowRow(Model):
    """One workflow; what can be listed without reading its history."""

    number = IntegerField(primary_key=True)
    id = TextField(unique=True)
    type = TextField()
    version = IntegerField()
    sequence = IntegerField(constraints=[Check("sequence >= 1")])
    first_sequence = IntegerField(constraints=[Check("first_sequence >= 1")])
    configuration = TextField()
    finished = IntegerField(constraints=[Check("finished IN (0, 1)")])
    created_at = IntegerField()
    updated_at = IntegerField()
    # When the oldest entry kept was taken: what retention by age goes by.
    first_at = IntegerField()
    mark = IntegerField()

    class Meta:
        table_name = "workflows"


class TransitionRow(Model):
    """One macrostep in the history of a workflow."""

    id = IntegerField(primary_key=True)
    workflow = ForeignKeyField(
        WorkflowRow, field="number", column_name="workflow", on_delete="CASCADE", index=False
    )
    sequence = IntegerField(constraints=[Check("sequence >= 1")])
    kind = TextField()
    at = IntegerField()
    event = TextField()
    data = TextField(null=True)
    key = TextField(null=True)
    source = TextField()
    target = TextField()
    duration = IntegerField()
    history = TextField(null=True)
    context = TextField(null=True)
    result = TextField(null=True)
    error = TextField(null=True)
    details = TextField(null=True)
    checksum = BlobField()

    class Meta:
        table_name = "state_transitions"
        indexes = ((("workflow", "sequence"), True),)


class CheckpointRow(Model):
    """The whole of a workflow at one step."""

    id = IntegerField(primary_key=True)
    workflow = ForeignKeyField(
        WorkflowRow, field="number", column_name="workflow", on_delete="CASCADE", index=False
    )
    sequence = IntegerField(constraints=[Check("sequence >= 1")])
    at = IntegerField()
    configuration = TextField()
    history = TextField()
    context = TextField()
    checksum = BlobField()
    mark = IntegerField()

    class Meta:
        table_name = "workflow_checkpoints"
        indexes = ((("workflow", "sequence"), True),)


class DefinitionRow(Model):
    """What one version of a class was when it was last used with this store."""

    type = TextField()
    version = IntegerField()
    definition = TextField()
    mark = IntegerField()

    class Meta:
        table_name = "workflow_definitions"
        primary_key = CompositeKey("type", "version")


class SubscriptionRow(Model):
    """How far a durable subscription has come."""

    name = TextField(primary_key=True)
    entry = IntegerField()
    mark = IntegerField()

    class Meta:
        table_name = "subscriptions"


class MessageRow(Model):
    """What a step has left to be done, and was not taken yet: an event, a timer, an activity.

    It names sender and receiver by id: either may be removed before it arrives.
    """

    id = IntegerField(primary_key=True)
    sender = TextField()
    sequence = IntegerField(constraints=[Check("sequence >= 1")])
    receiver = TextField()
    event = TextField()
    data = TextField(null=True)
    at = IntegerField()
    dead = TextField(null=True)
    kind = TextField()
    due = IntegerField(constraints=[Check("due >= 0")])
    name = TextField(null=True)
    attempt = IntegerField(constraints=[Check("attempt >= 0")])
    options = TextField(null=True)
    mark = IntegerField()

    class Meta:
        table_name = "messages"


class TotalRow(Model):
    """How many rows a table has, and what their marks add up to: see `totals`."""

    name = TextField(primary_key=True)
    rows = IntegerField()
    marks = IntegerField()

    class Meta:
        table_name = "totals"


def _partial(model: Any, name: str, *what: Any, where: Any, unique: bool = False) -> None:
    model.add_index(model.index(*what, name=name, where=where, unique=unique))


# Few distinct values: reading by any of the three is a loose scan over this one index.
WorkflowRow.add_index(
    WorkflowRow.type, WorkflowRow.configuration, WorkflowRow.finished, name="workflows_state"
)
# Who has something to trim, by age and by count, without looking at those who have not.
_partial(
    WorkflowRow,
    "workflows_first_at",
    WorkflowRow.first_at,
    where=SQL("sequence > first_sequence"),
)
_partial(
    WorkflowRow,
    "workflows_long",
    SQL("sequence - first_sequence"),
    where=SQL(f"sequence - first_sequence >= {LONG}"),
)
# An idempotency key is used once in a workflow; most entries have none.
_partial(
    TransitionRow,
    "state_transitions_key",
    TransitionRow.workflow,
    TransitionRow.key,
    where=SQL("key IS NOT NULL"),
    unique=True,
)

# A receiver's messages in their order: what waits for it, and what it has named, which is all to
# itself. An index costs a timer as much as its row does, so that one serves both.
MessageRow.add_index(MessageRow.receiver, name="messages_receiver")
# What is due next; what is due at once comes first, in the order in which it was sent.
_partial(MessageRow, "messages_due", MessageRow.due, where=SQL("dead IS NULL"))

MODELS = (
    StoreRow,
    WorkflowRow,
    TransitionRow,
    CheckpointRow,
    MessageRow,
    DefinitionRow,
    SubscriptionRow,
    TotalRow,
)
