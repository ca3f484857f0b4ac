"""State diagrams of a statechart class, with figures on them."""

from .render import diagram

__all__ = ["diagram"]
