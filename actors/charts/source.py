"""Where in its source file a chart class declares what."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

Place: TypeAlias = tuple[str | None, int | None]


class Source:
    """The source of a class, if it has any that can be found.

    Args:
        cls: The class.
    """

    def __init__(self, cls: type) -> None:
        self._file: str | None = None
        self._first = 0
        self._tree: ast.Module | None = None
        try:
            lines, self._first = inspect.getsourcelines(cls)
            self._tree = ast.parse(textwrap.dedent("".join(lines)))
            self._file = inspect.getsourcefile(cls)
        except (OSError, TypeError, SyntaxError):
            pass  # made without a file, as in a shell or from a document

    def of(self, *names: str) -> Place:
        """Where the first of these names that is declared in the class is declared."""
        for name in names:
            for node in self._nodes():
                if isinstance(node, ast.Assign):
                    found = any(isinstance(t, ast.Name) and t.id == name for t in node.targets)
                elif isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                    found = node.name == name
                else:
                    continue
                if found:
                    return self._place(node.lineno)
        return None, None

    def mention(self, name: str) -> Place:
        """Where a name is first used within a string, as guards and actions are named."""
        for node in self._nodes():
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and name in text and isinstance(node, ast.Constant):
                return self._place(node.lineno)
        return None, None

    def assigned(self) -> set[str]:
        """Names that methods of the class assign to attributes of an instance."""
        return {
            node.attr
            for node in self._nodes()
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        }

    def function(self, function: Callable[..., Any]) -> Place:
        """Where a function is defined."""
        code = function.__code__
        return code.co_filename, code.co_firstlineno

    def _nodes(self) -> Iterator[ast.AST]:
        return iter(()) if self._tree is None else ast.walk(self._tree)

    def _place(self, line: int) -> Place:
        return self._file, self._first + line - 1
