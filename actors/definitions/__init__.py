"""Workflows from documents: TOML files that describe states, events, guards and actions."""

from .actions import action
from .builder import build
from .document_workflow import DocumentWorkflow
from .faults import (
    ContractBroken,
    Fault,
    FaultyDocument,
    GuardFailed,
    SecretMissing,
    UnboundActions,
)
from .model import (
    Agent,
    Contract,
    Document,
    Field,
    Resource,
    Retry,
    StateDefinition,
    Timeout,
    TransitionDefinition,
    WorkflowDefinition,
)
from .types import BadType, Type, parse_type

__all__ = [
    "Agent",
    "BadType",
    "Contract",
    "ContractBroken",
    "Document",
    "DocumentWorkflow",
    "Fault",
    "FaultyDocument",
    "Field",
    "GuardFailed",
    "Resource",
    "Retry",
    "SecretMissing",
    "StateDefinition",
    "Timeout",
    "TransitionDefinition",
    "Type",
    "UnboundActions",
    "WorkflowDefinition",
    "action",
    "build",
    "parse_type",
]
