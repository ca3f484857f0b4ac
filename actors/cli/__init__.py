"""The command line, `repertory`; the extra `cli` brings what it needs."""

from .entry import main

__all__ = ["main"]
