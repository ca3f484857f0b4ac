"""Workflows from documents: TOML files that describe states, events, guards and actions."""

from .actions import action
from .builder import build
from .contracts import unused_contracts
from .definitions import Definitions
from .document_workflow import DocumentWorkflow
from .faults import (
    ActionFailed,
    ContractBroken,
    Fault,
    FaultyDocument,
    GuardFailed,
    SecretMissing,
    UnboundActions,
)
from .load import load_definitions, read_definitions
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
from .schema import document_schema
from .stubs import stub_module
from .types import BadType, Type, parse_type

__all__ = [
    "ActionFailed",
    "Agent",
    "BadType",
    "Contract",
    "ContractBroken",
    "Definitions",
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
    "document_schema",
    "load_definitions",
    "parse_type",
    "read_definitions",
    "stub_module",
    "unused_contracts",
]
