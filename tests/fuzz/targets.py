"""What the fuzzer feeds: whatever the input, loading it ends in classes or in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from repertory.actors import load_definitions
from repertory.persistence.errors import RepertoryError

ENVIRONMENT = {"HOOK": "https://hooks.example/T0P5ECRET", "KEY": "ghp_0123456"}


def load_bytes(content: bytes) -> None:
    """Load a document; every other error than the library's own is what the fuzzer looks for."""
    try:
        load_definitions(content, environment=ENVIRONMENT)
    except RepertoryError as error:
        assert str(error)


def load_value(content: bytes) -> None:
    """Load a document that is well-formed, with its parts drawn from the input."""
    from .grammar import any_document

    fed: Any = any_document.hypothesis
    fed.fuzz_one_input(content)


TARGETS: Mapping[str, Callable[[bytes], None]] = {"bytes": load_bytes, "grammar": load_value}
