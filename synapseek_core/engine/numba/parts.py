"""Read the parts of the kernel, find what they need, and check that a kernel that was put together has all of it."""

from __future__ import annotations

import ast
import builtins
import inspect
import symtable
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import FunctionType

from synapseek_core.engine import physics
from synapseek_core.engine.numba.kernel import holes
from synapseek_core.errors import ConfigurationError

READ_WITH_THE_CODE = ("kernel/*.py",)
FOLDER = Path(__file__).parent / "kernel"
MARKER = "# --- kernel ---\n"


def body(part: str) -> str:
    """Return the source of a part below its marker, which goes into the kernel."""
    return _read(part)[1]


def holes_of(parts: Iterable[str]) -> list[str]:
    """Return the holes that some parts have."""
    return _imported(parts, holes.__name__)


def formulas_of(parts: Iterable[str]) -> list[FunctionType]:
    """Return the shared formulas that some parts use."""
    return [getattr(physics, name) for name in _imported(parts, physics.__name__)]


def check(source: str, parts: Iterable[str], where: str) -> None:
    """Check that every hole of the parts has a filling of the same arguments, and that no name is undefined.

    Raises:
        ConfigurationError: a rule or a neuron model uses a name that kernels do not know; `where` says which.
        AssertionError: the generator has left a hole.
    """
    tree = ast.parse(source)
    arguments = {one.name: [a.arg for a in one.args.args] for one in tree.body if isinstance(one, ast.FunctionDef)}
    for hole in holes_of(parts):
        expected = getattr(holes, hole)
        if isinstance(expected, FunctionType):
            assert arguments.get(hole) == list(inspect.signature(expected).parameters), f"{where}: hole {hole}"
    if unknown := _undefined(source):
        raise ConfigurationError(
            f"{where}: {sorted(unknown)} unknown in a compiled kernel; besides arithmetic and comparisons, a rule or a "
            "neuron model may use numbers and plain functions of its own module, and synapseek_core.arithmetic"
        )


@cache
def _read(part: str) -> tuple[str, str]:
    """Return what stands above and below the marker of a part."""
    above, below = (FOLDER / f"{part}.py").read_text().split(MARKER, 1)
    return above, below


def _imported(parts: Iterable[str], module: str) -> list[str]:
    """Return the names that some parts import from a module above their markers, each once."""
    heads = [ast.parse(_read(part)[0]) for part in parts]
    imports = [node for head in heads for node in head.body if isinstance(node, ast.ImportFrom)]
    return list(dict.fromkeys(alias.name for node in imports if node.module == module for alias in node.names))


def _undefined(source: str) -> set[str]:
    """Return the names that a source uses, does not define, and does not find among Python's own."""
    module = symtable.symtable(source, "kernel", "exec")
    defined = {one.get_name() for one in module.get_symbols() if one.is_assigned() or one.is_imported()}
    used, tables = set(), [module]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        names = [one for one in table.get_symbols() if one.is_referenced() and (table is module or one.is_global())]
        used |= {one.get_name() for one in names}
    return used - defined - set(vars(builtins))
