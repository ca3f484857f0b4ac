"""The tokens of a TOML text, found in one pass whatever it holds."""

from __future__ import annotations

import re
from collections.abc import Iterator

Token = tuple[str, str, int]
"""Its kind, its text, and where it begins."""

_TOKEN = re.compile(
    r"""
    (?P<string>\"{3}(?:[^"\\]|\\.|"(?!""))*+(?:"{3,5}|\Z)
        |'{3}(?:[^']|'(?!''))*+(?:'{3,5}|\Z)
        |"(?:[^"\\\n]|\\[^\n])*+"?
        |'[^'\n]*+'?)
    |(?P<comment>\#[^\n]*+)
    |(?P<line>\n)
    |(?P<space>[ \t\r]++)
    |(?P<bare>[A-Za-z0-9_\-]++)
    |(?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a text, without spaces and comments."""
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind is not None and kind not in ("space", "comment"):
            yield kind, match.group(), match.start()


def unquoted(token: str) -> str:
    """Return what a key is that is written so; escapes in it are left as they are written."""
    if token[:1] in ("'", '"') and len(token) >= 2:
        return token[1:-1]
    return token
