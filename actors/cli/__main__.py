"""Lets `python -m repertory.actors.cli` do what `repertory` does."""

import sys

from .entry import main

sys.exit(main())
