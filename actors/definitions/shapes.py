"""What can be said of a key in a document: its kind, its bounds, and what it is for.

The reader takes them from here, and so does the JSON Schema: neither knows a key that the other
does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

LARGEST = 2**53
"""Numbers are no larger: beyond it, readers of JSON disagree about them."""

CENTURY = 36_525 * 86_400
"""Nothing takes more seconds than that: later than some thousand years, no date can be told."""


class Shape(msgspec.Struct, frozen=True):
    """What a key holds.

    Attributes:
        says: what it is for, as editors show it.
        required: whether it must be there, and not be empty.
    """

    says: str
    required: bool = False


class Text(Shape, frozen=True):
    """A text; `known` are some of those that there are, for editors to offer."""

    known: tuple[str, ...] = ()


class Choice(Shape, frozen=True):
    """One of some texts."""

    values: tuple[str, ...] = ()


class Flag(Shape, frozen=True):
    """True or false."""


class Number(Shape, frozen=True):
    """A number from `least` to `most`; `least` itself is too small when it is `above`.

    Without `least` it is any number.
    """

    least: int | None = 0
    whole: bool = True
    above: bool = False
    most: int = LARGEST


class Texts(Shape, frozen=True):
    """A list of texts that are not empty."""


class Names(Shape, frozen=True):
    """A text, or a list of texts that are not empty."""


class Anything(Shape, frozen=True):
    """Whatever there is."""


class Nested(Shape, frozen=True):
    """A table of known keys; `more` is what a schema says of how they go together."""

    keys: Mapping[str, Shape] = {}
    more: Mapping[str, Any] = {}


class Variants(Shape, frozen=True):
    """A table whose keys are a matter of what one of them says."""

    key: str = ""
    of: Mapping[str, Nested] = {}


class Named(Shape, frozen=True):
    """A table whose keys are names that the author chooses, of what is always the same."""

    of: Shape = Anything("")
    names: str = ""


class Listed(Shape, frozen=True):
    """A list of what is always the same."""

    of: Shape = Anything("")
    least: int = 0


class Either(Shape, frozen=True):
    """One of several."""

    of: tuple[Shape, ...] = ()


NAME = r"^(?:[A-Za-z_]|[^\x00-\x7f])(?:[\w-]|[^\x00-\x7f])*$"
"""Names, in a regular expression that means much the same to every validator."""

EVENT = r"^(?:[A-Za-z_]|[^\x00-\x7f])(?:[\w.-]|[^\x00-\x7f])*$"
"""Likewise names of events, which may have dots."""
