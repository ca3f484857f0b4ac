"""Workflows as other tools' documents: SCXML, XState v5's JSON, python-statemachine's own form."""

from .from_class import definition_of, to_scxml, to_statechart, to_xstate

__all__ = ["definition_of", "to_scxml", "to_statechart", "to_xstate"]
