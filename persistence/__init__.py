"""The store: what workflows were, are and can be taken up from; no actor in sight."""

from .codec import CodecError, ContextCodec, decode_json, encode_json
from .exchange import export_workflow, import_workflow
from .memory import MemoryStore
from .records import (
    ChartState,
    Checkpoint,
    Entry,
    Kind,
    Problem,
    Retention,
    Step,
    Stored,
    WorkflowRecord,
)
from .recovery import fold, position, recover, take_checkpoint
from .sqlite import SqliteStore
from .store import Store
from .verification import verify

__all__ = [
    "ChartState",
    "Checkpoint",
    "CodecError",
    "ContextCodec",
    "Entry",
    "Kind",
    "MemoryStore",
    "Problem",
    "Retention",
    "SqliteStore",
    "Step",
    "Store",
    "Stored",
    "WorkflowRecord",
    "decode_json",
    "encode_json",
    "export_workflow",
    "fold",
    "import_workflow",
    "position",
    "recover",
    "take_checkpoint",
    "verify",
]
