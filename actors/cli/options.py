"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Store = Annotated[
    Path,
    typer.Option(
        "--store",
        "-s",
        metavar="FILE",
        envvar="REPERTORY_STORE",
        help="The SQLite file in which the workflows are.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Write one JSON document instead of a table.")]
WorkflowId = Annotated[str, typer.Argument(metavar="ID", help="The workflow's id.")]
Definition = Annotated[
    str,
    typer.Option(
        "--definition",
        "-d",
        metavar="DEFINITION",
        help="Its class: path/to/file.py:Class, package.module:Class or path/to/file.toml:name.",
    ),
]
DefinitionArgument = Annotated[
    str,
    typer.Argument(
        metavar="DEFINITION",
        help="A workflow: path/to/file.py:Class, package.module:Class or path/to/file.toml:name; "
        "the class or name may be left out where there is just one.",
    ),
]
ActionsModule = Annotated[
    str | None,
    typer.Option(
        "--actions",
        "-a",
        metavar="MODULE",
        envvar="REPERTORY_ACTIONS",
        help="Where the functions of a document's actions are: path/to/file.py or package.module.",
    ),
]
