"""Where the command `repertory` begins: it needs an extra, and says so when it isn't there."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec

from .errors import listed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, and return its exit code.

    Arguments:
        arguments: what was typed after the command's name; by default this process's own.

    Returns:
        0 when all went well; 1 when what was asked for is wrong or failed; 2 when it could not
        be understood; 130 after Ctrl-C.
    """
    missing = [name for name in ("rich", "typer") if find_spec(name) is None]
    if missing:
        sys.stderr.write(
            f"The command line needs {listed(missing)}; install the extra that brings it: "
            f"pip install 'repertory[cli]'\n"
        )
        return 1
    for stream in (sys.stdout, sys.stderr):
        # What a terminal can't show must not end a command in the middle of its output.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        from .app import app

        app(args=None if arguments is None else list(arguments), prog_name="repertory")
    except KeyboardInterrupt:
        return 130
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
