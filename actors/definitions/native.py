"""placeholder"""

from __future__ import annotations

from typing import Any

from .draft import Draft
from .model import Document
from .source import Source


def is_native(data: Any) -> bool:
    return "workflow" in data


def read_native(source: Source) -> tuple[Document, list[Draft]]:
    raise NotImplementedError
