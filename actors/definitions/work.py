"""How much work a guard is, told before it is done: nothing stops it once it has begun."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import msgspec

from .expression import MACROS, Token

HEAVIEST = 400
"""A pattern has no more states than that, its repetitions counted out."""
MOST_WORK = 200_000_000
"""Characters that are looked at or copied; half a second's worth of them."""
_MOST_RUNS = 10_000
"""The library stops an expression that runs through lists more often."""
_LIGHT = 100
_A_PART = 10  # what an item of a list costs, where a character of a text costs one
_A_PATTERN = 1_300  # a state of a pattern, which is made ready each time that it is asked
_FINDING = 1_000
_CALLED = frozenset(("contains", "startsWith", "endsWith", "size", "count", "string", "bytes"))
_PATTERN = re.compile(
    r"""(?P<name>\\[pP](?:\{[^}]*\}|.))|\\.|(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])
    |\{(?P<least>\d+)(?:,(?P<most>\d*))?\}|(?P<mark>[()])|.""",
    re.VERBOSE | re.DOTALL,
)
_OF_A_NAME = 150  # `\pL` and its like are of hundreds of ranges


def weight(pattern: str) -> int:
    """Return about how many states a pattern has, its repetitions counted out.

    Example:
        >>> weight("[a-z]{2,8}x"), weight("(ab{3}){10}")
        (9, 40)
    """
    groups = [0]
    last = 0
    for match in _PATTERN.finditer(pattern):
        if match["mark"] == "(":
            groups.append(0)
            last = 0
        elif match["mark"] == ")":
            last = groups.pop() if len(groups) > 1 else 0
            groups[-1] += last
        elif match["least"]:
            times = max(int(match["least"]), int(match["most"] or 0), 1)
            groups[-1] += last * (times - 1)
            last *= times
        else:
            named = match["name"] or "\\p" in (match["set"] or "").lower()
            last = _OF_A_NAME if named else 1
            groups[-1] += last
    return sum(groups)


class Work(msgspec.Struct, frozen=True):
    """What makes an expression much work.

    Attributes:
        loops: how many of its macros run through lists, perhaps one within the other.
        written: how long a list can be that it has itself.
        touches: how often it may go through a whole value.
        joins: how often it joins texts or lists, each time a longer one.
        states: those of its patterns.
        finds: how often it looks for a text that is not written out in another.
    """

    loops: int = 0
    written: int = 1
    touches: int = 1
    joins: int = 0
    states: int = 0
    finds: int = 0

    @classmethod
    def of(cls, tokens: list[Token], states: int) -> Work:
        """Return that of an expression.

        Arguments:
            tokens: the expression's.
            states: the weight of its patterns.
        """
        words = [word for _, word, _ in tokens]
        called = [one for one, two in pairwise(words) if two == "("]
        equal = sum(
            one + two in ("==", "!=") and not _written_out(tokens, index)
            for index, (one, two) in enumerate(pairwise(words))
        )
        unknown = 0
        for index, word in enumerate(words):
            kind = tokens[index + 2][0] if index + 2 < len(tokens) else ""
            alone = words[index + 3 : index + 4] == [")"]
            unknown += word == "contains" and not (kind == "text" and alone)
        return cls(
            loops=sum(word in MACROS for word in called),
            written=words.count(",") + 1,
            touches=1 + equal + words.count("in") + sum(word in _CALLED for word in called),
            joins=words.count("+"),
            states=states,
            finds=unknown,
        )

    @property
    def light(self) -> bool:
        """Whether it is never too much, whatever the data that a guard may be given."""
        return not (self.loops or self.finds or self.states) and self.joins**2 < _LIGHT

    def amount(self, text: int, length: int, parts: int) -> int:
        """Return how much it may be, in characters that are looked at or copied.

        Arguments:
            text: how long the longest text is that it is given.
            length: how long the longest list is.
            parts: how many parts all lists have.
        """
        runs: int = min(_MOST_RUNS, max(length, self.written) ** self.loops)
        each = self.touches + (self.joins**2 + 1) // 2
        once = (text + _A_PART * parts) * each
        once += self.states * (_A_PATTERN + 2 * text)
        once += self.finds * text * text // _FINDING
        return runs * once


def _written_out(tokens: list[Token], index: int) -> bool:
    """Tell whether what is compared there is, on one side, a text or a number as it stands."""
    sides = [one for one in (index - 1, index + 2) if 0 <= one < len(tokens)]
    return any(tokens[one][0] in ("text", "number") for one in sides)


def extent(value: Any) -> tuple[int, int, int]:
    """Return how long a value's longest text is, and its longest list, and how many its parts."""
    text = length = parts = 0
    pending = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, str):
            text = max(text, len(part))
        elif isinstance(part, dict):
            length = max(length, len(part))
            parts += len(part)
            pending.extend(part)
            pending.extend(part.values())
        elif isinstance(part, list | tuple | set):
            length = max(length, len(part))
            parts += len(part)
            pending.extend(part)
    return text, length, parts
