"""Finds the workflow that a command names: `file.py:Class`, `module:Class` or `file.toml:name`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from typing import Any

from ...persistence.errors import BadDefinition
from ..workflow import Workflow
from .errors import CommandFailed, listed, nearest
from .from_document import load_document, split_document, workflow_in


def load_definition(given: str, *, actions: str | None = None, run: bool = True) -> type[Workflow]:
    """Return the workflow class that is meant by `given`.

    Arguments:
        given: `path/to/file.py:Class`, `package.module:Class` or `path/to/file.toml:name`; the
            class or name may be left out where there is just one.
        actions: the module with a document's actions, or None.
        run: whether it is to be run, so that the environment must have what a document asks for.

    Raises:
        CommandFailed: there is no such file, module or class; it is no workflow; the file does
            not run, or a definition in it doesn't compile.
        FaultyDocument: the document has faults.

    Example:
        >>> load_definition("examples/permits.py:PermitApplication")    # doctest: +SKIP
    """
    document = split_document(given)
    if document is not None:
        module = None if actions is None else load_actions(actions)
        return workflow_in(load_document(document[0], module, run=run), *document)
    place, name = _split(given)
    module = load_module(place)
    return _only_one(module, place) if name is None else _named(module, place, name)


def load_workflows(given: str) -> list[type[Workflow]]:
    """Return the workflow class that is named, or all of a file or module, in their order.

    Raises:
        CommandFailed: as `load_definition` does.
    """
    place, name = _split(given)
    module = load_module(place)
    if name is not None:
        return [_named(module, place, name)]
    return list(_defined_in(module).values()) or [_only_one(module, place)]


def load_module(place: str) -> ModuleType:
    """Return a module, given as a file or by its name.

    Raises:
        CommandFailed: there is no such file or module, or it does not run.
    """
    return _load(place, "definition", "path/to/file.py:Class", "package.module:Class")


def load_actions(place: str) -> ModuleType:
    """Return a module with the actions of documents, given as a file or by its name.

    Raises:
        CommandFailed: there is no such file or module, or it does not run.
    """
    return _load(place, "module with actions,", "path/to/actions.py", "package.module")


def _load(place: str, what: str, file: str, module: str) -> ModuleType:
    if place.endswith(".py") or os.sep in place or "/" in place or Path(place).is_file():
        return _load_file(place, f"The {what} {place}", file)
    if not all(part.isidentifier() for part in place.split(".")):
        raise CommandFailed(
            f"The {what} {place!r} is neither a file nor the name of a module; give {file} or "
            f"{module}."
        )
    return _import_module(place, file)


def _split(given: str) -> tuple[str, str | None]:
    place, colon, name = given.rpartition(":")
    if colon and place and all(part.isidentifier() for part in name.split(".")):
        return place, name
    return given, None


def _load_file(place: str, named: str, usual: str) -> ModuleType:
    path = Path(place).absolute()
    if not path.is_file():
        what = "is a directory, not a file" if path.is_dir() else "does not exist"
        raise CommandFailed(f"{named} {what}; give {usual}.")
    name = path.stem
    if name in sys.modules or name in sys.stdlib_module_names or not name.isidentifier():
        name = f"definition_{name}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise CommandFailed(f"{named} is no Python file; its name must end in .py.")
    module = module_from_spec(spec)
    # Registered before it runs: dataclasses and typing look a class's module up there.
    sys.modules[name] = module
    with _failures(place, path), _importable(path.parent):
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    return module


def _import_module(place: str, file: str) -> ModuleType:
    with _importable(Path.cwd()):
        try:
            with _failures(place, None):
                return import_module(place)
        except CommandFailed as failure:
            missing = failure.__cause__
            if (
                isinstance(missing, ModuleNotFoundError)
                and missing.name
                and f"{place}.".startswith(f"{missing.name}.")
            ):
                raise CommandFailed(
                    f"There is no module {missing.name!r} to import; give {file}, "
                    f"or run where it can be imported."
                ) from missing
            raise


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Let what is beside the definition be imported, as when a script is run."""
    entry = str(folder)
    if entry not in sys.path:
        sys.path.insert(0, entry)
    yield


@contextmanager
def _failures(place: str, path: Path | None) -> Iterator[None]:
    """Make one sentence of whatever a definition raises when it is run."""
    try:
        yield
    except SyntaxError as error:
        file = place if path is None or error.filename in (None, str(path)) else error.filename
        where = f"{file}, line {error.lineno}" if error.lineno else file
        raise CommandFailed(f"{where}: {error.msg}; correct the file.") from error
    except (Exception, SystemExit) as error:
        where = _where(error, place, path)
        what = str(error) if isinstance(error, BadDefinition) else _told(error)
        raise CommandFailed(f"{where}: {what}") from error


def _told(error: BaseException) -> str:
    said = " ".join(str(error).split())
    return f"it could not be loaded: {type(error).__name__}" + (f": {said}" if said else "")


def _where(error: BaseException, place: str, path: Path | None) -> str:
    """Say in which line the definition failed, even if what it called is what raised."""
    frames = [
        frame
        for frame in extract_tb(error.__traceback__)
        if not frame.filename.startswith("<") and Path(frame.filename) != Path(__file__)
    ]
    if path is not None:
        inside = [frame for frame in frames if Path(frame.filename) == path]
        return f"{place}, line {inside[-1].lineno}" if inside else place
    frames = [frame for frame in frames if frame.name == "<module>"]
    importing = [frame for frame in frames if "importlib" not in Path(frame.filename).parts]
    return f"{importing[-1].filename}, line {importing[-1].lineno}" if importing else place


def _only_one(module: ModuleType, place: str) -> type[Workflow]:
    found = _defined_in(module)
    if not found:
        raise CommandFailed(
            f"{place} defines no workflow: no subclass of repertory.actors.Workflow with states."
        )
    if len(found) > 1:
        raise CommandFailed(
            f"{place} defines several workflows, {listed(found)}; say which, as in "
            f"{place}:{min(found)}."
        )
    return next(iter(found.values()))


def _named(module: ModuleType, place: str, name: str) -> type[Workflow]:
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    if found is None:
        known = _defined_in(module)
        have = f"it has {listed(known)}" if known else "it defines no workflow at all"
        raise CommandFailed(f"{place} has no class {name!r}; {have}{nearest(name, known)}")
    if not (isinstance(found, type) and issubclass(found, Workflow)):
        kind = "class" if isinstance(found, type) else type(found).__name__
        raise CommandFailed(
            f"{place}:{name} is a {kind}, but no workflow; a workflow is a subclass of "
            f"repertory.actors.Workflow."
        )
    if not found.states:
        raise CommandFailed(f"{place}:{name} has no states, so nothing of it can run.")
    return found


def _defined_in(module: ModuleType) -> dict[str, type[Workflow]]:
    return {
        value.__qualname__: value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Workflow)
        and value.__module__ == module.__name__
        and value.states
    }
