"""From an SVG to a PNG, with a font that there is."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Any

from .errors import CommandFailed

_FAMILIES = (
    None,  # what the SVG asks for
    *("Liberation Sans", "Nimbus Sans", "FreeSans", "Noto Sans", "DejaVu Sans"),
    *("Open Sans", "Ubuntu", "Cantarell", "Lato", "Inter", "Verdana", "Tahoma"),
    *("DejaVu Sans Mono", "Liberation Mono", "DejaVu Serif", "Liberation Serif"),
)
"""What stands for `sans-serif`, best first: those as wide as Helvetica, then any other."""
_NARROW = "text { font-stretch: condensed }"  # which is as wide as Helvetica
_PROBE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20">'
    '<text y="15" font-family="Helvetica, Arial, sans-serif">{}</text></svg>'
)


def to_png(svg: str) -> bytes:
    """Return an SVG as a PNG, at twice its size.

    Raises:
        CommandFailed: the library that does so is not installed, or there is no font.
    """
    try:
        renderer: Any = import_module("resvg_py")
    except ImportError as error:
        raise CommandFailed(
            "A PNG needs resvg-py; install the extra that brings it: pip install 'repertory[png]', "
            "or ask for an SVG."
        ) from error
    family = font_for(renderer.svg_to_bytes)
    return bytes(
        renderer.svg_to_bytes(
            svg_string=svg,
            zoom=2.0,
            background="white",
            sans_serif_family=family,
            style_sheet=_NARROW if family == "DejaVu Sans" else None,
        )
    )


@lru_cache(maxsize=1)
def font_for(draw: Any) -> str | None:
    """Return the font that stands for `sans-serif`, or None for the library's own choice.

    Where the fonts that it is asked for are not there, the library leaves texts out.

    Arguments:
        draw: the library's function.

    Raises:
        CommandFailed: there is no font at all.
    """
    blank = bytes(draw(svg_string=_PROBE.format("")))
    for family in _FAMILIES:
        if bytes(draw(svg_string=_PROBE.format("Ag"), sans_serif_family=family)) != blank:
            return family
    raise CommandFailed(
        "A PNG needs a font, and none was found here; install one, such as DejaVu Sans "
        "(fonts-dejavu-core on Debian), or ask for an SVG."
    )
