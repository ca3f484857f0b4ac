"""What is said of an id that no workflow has, and of one that is taken."""

from __future__ import annotations

from ..persistence.errors import WorkflowExists, WorkflowNotFound


def not_found(workflow_id: str) -> WorkflowNotFound:
    """Return the error for an id that no workflow has."""
    return WorkflowNotFound(
        f"There is no workflow {workflow_id!r}; look its id up with system.list() or `repertory "
        f"list`, or start it.",
        workflow_id=workflow_id,
    )


def taken(workflow_id: str) -> WorkflowExists:
    """Return the error for a new workflow's id that another has."""
    return WorkflowExists(
        f"There is a workflow {workflow_id!r} already; get it with system.get({workflow_id!r}), or "
        f"choose another id.",
        workflow_id=workflow_id,
    )
