"""Digests of code: what a stage reaches, by content and by names within the package.

The digest of a stage changes when, and only when, code that it can reach has changed, even by a comment. It is the
same for an editable install, an installed package, a container and another computer: only names within the package
and text with normalised line ends enter it. A registry is left out: it holds only names, and the modules that a
study's names stand for are given as roots; so are `__init__` files, which hold no code that computes.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
LEFT_OUT = ("registry", "__init__")
"""Names of modules that hold no code that computes."""

READ = "READ_WITH_THE_CODE"
"""Name of the tuple of patterns, relative to a module's folder, by which it names files that belong to its code."""


@cache
def code_digest(modules: tuple[str, ...]) -> str:
    """Return the digest of modules of this package and of all that they import, directly or not.

    Args:
        modules: full names, `synapseek_core.tasks.tuned.score`.
    """
    digest = hashlib.sha256()
    for path in sorted(reached_files(modules)):
        text = _text(PACKAGE / path)
        digest.update(path.encode() + b"\0" + text + b"\0")
    return digest.hexdigest()[:16]


def reached_files(modules: Iterable[str]) -> set[str]:
    """Return the files that modules of this package reach, relative to the package."""
    found: set[str] = set()
    waiting = [file for module in modules for file in _files(module)]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting.extend(_reached_from(path))
    return found


def _text(path: Path) -> bytes:
    """Return the content of a file, of source with normalised line ends."""
    content = path.read_bytes()
    return content.replace(b"\r\n", b"\n") if path.suffix in (".py", ".mplstyle") else content


@cache
def _reached_from(path: str) -> tuple[str, ...]:
    """Return the files that a file imports or reads."""
    if not path.endswith(".py"):
        return ()
    tree = ast.parse((PACKAGE / path).read_text("utf-8"))
    imported = [file for name in _imported(tree) for file in _files(name)]
    folder = (PACKAGE / path).parent
    read = [file for pattern in _patterns(tree) for file in sorted(folder.glob(pattern))]
    return (*imported, *(file.resolve().relative_to(PACKAGE).as_posix() for file in read))


def _imported(tree: ast.AST) -> Iterator[str]:
    """Yield the names that a module imports from this package, but for those that only type checkers read."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            yield from _imported(node)


def _patterns(tree: ast.Module) -> tuple[str, ...]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == READ:
            return tuple(ast.literal_eval(node.value))
    return ()


def _files(name: str) -> list[str]:
    """Return the file of a module of this package, relative to it; none for other names and what is left out."""
    package, _, inside = name.partition(".")
    path = PACKAGE / (inside.replace(".", "/") + ".py")
    if package != PACKAGE.name or not inside or path.stem in LEFT_OUT or not path.exists():
        return []
    return [path.relative_to(PACKAGE).as_posix()]
