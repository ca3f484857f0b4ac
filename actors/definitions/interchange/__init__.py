"""Workflows as other tools' documents: SCXML, and XState v5's JSON."""

from .from_class import definition_of, to_scxml, to_xstate

__all__ = ["definition_of", "to_scxml", "to_xstate"]
