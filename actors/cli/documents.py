"""The JSON that `--json` writes. Fields may be added to it, and none changes its meaning.

- `list`: `{"workflows": [workflow], "next": number or null}`; `next` is for `--after`.
- `show`: `{"workflow": workflow, "context": context, "timers": [timer], "activities":
  [activity]}`.
- `activities`: `{"activities": [activity], "next": number or null}`; `retry`: without `next`.
- `history`: `{"workflow": workflow, "entries": [entry]}`, the oldest first; `sent` is of
  `{"to": id, "event": id}`, and `sender` is `{"id": id, "sequence": number}` or null; `timers_set`
  is of `{"name": name, "due": time}`.
- `timers`: `{"timers": [timer]}`, the next one to fire first.
- `dead`: as `list`; each workflow has its `error` too.
- `send`: `{"workflow": workflow, "event": id, "result": what the actions returned}`.
- `rollback`, `import`, and `remove` as it was before: `{"workflow": workflow}`.
- `verify`: `{"sound": bool, "workflows": number, "problems": [{"workflow": id or null,
  "sequence": number or null, "what": sentence}]}`.
- `replay`: the fields of `Report`, and `"diagram"`, a path or null.

Times are UTC in ISO 8601, durations microseconds (`duration_us`) or seconds.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from ...persistence.records import Problem, WorkflowRecord
from ..history import HistoryEntry
from ..position import utc
from ..timers import Timer


def workflow_document(record: WorkflowRecord) -> dict[str, Any]:
    """Return a workflow's row as JSON data."""
    return {
        "id": record.id,
        "class": record.type,
        "version": record.version,
        "configuration": list(record.configuration),
        "finished": record.finished,
        "sequence": record.sequence,
        "first_sequence": record.first_sequence,
        "created_at": utc(record.created_at).isoformat(),
        "updated_at": utc(record.updated_at).isoformat(),
        "number": record.number,
    }


def entry_document(entry: HistoryEntry) -> dict[str, Any]:
    """Return a step as JSON data."""
    return {
        "sequence": entry.sequence,
        "kind": entry.kind,
        "at": entry.at.isoformat(),
        "event": entry.event,
        "data": entry.data,
        "key": entry.key,
        "source": list(entry.source),
        "target": list(entry.target),
        "duration_us": entry.duration,
        "context": entry.context,
        "result": entry.result,
        "error": entry.error,
        "transitions": [
            {
                "event": step.event,
                "source": list(step.source),
                "target": list(step.target),
                "entered": list(step.entered),
                "duration_us": step.duration,
            }
            for step in entry.transitions
        ],
        "handlers": [msgspec.to_builtins(call) for call in entry.handlers],
        "sent": [{"to": to, "event": event} for to, event in entry.sent],
        "sender": (
            None if entry.sender is None else {"id": entry.sender[0], "sequence": entry.sender[1]}
        ),
        "timer": entry.timer,
        "timers_set": [{"name": name, "due": due.isoformat()} for name, due in entry.timers_set],
        "timers_cancelled": list(entry.timers_cancelled),
        "activity": entry.activity,
        "activities_started": list(entry.activities_started),
        "activities_cancelled": list(entry.activities_cancelled),
    }


def timer_document(timer: Timer) -> dict[str, Any]:
    """Return a timer as JSON data."""
    return {
        "workflow": timer.workflow_id,
        "name": timer.name,
        "timeout": timer.timeout,
        "event": timer.event,
        "due": timer.due.isoformat(),
        "data": timer.data,
        "every_us": None if timer.every is None else timer.every // timedelta(microseconds=1),
        "cron": timer.cron,
        "tz": timer.tz,
        "late": timer.late,
    }


def problem_document(problem: Problem) -> dict[str, Any]:
    """Return what `verify` found as JSON data."""
    return {
        "workflow": problem.workflow_id,
        "sequence": problem.sequence,
        "what": problem.what,
    }
