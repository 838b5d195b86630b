"""Transcribe plain Python functions (a rule, a neuron model, shared formulas) into the source of a kernel."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from types import FunctionType

from synapseek_core import arithmetic


def transcribe(function: Callable, name: str, written: dict[str, str], prefix: str) -> None:
    """Add the source of a function, renamed, and of what it calls and reads of its module, to `written`.

    Every numeric literal becomes single precision, so that `1 - x` costs and means the same on every backend. `prefix`
    goes before the names of what is added besides the function.
    """
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    definition.name, definition.decorator_list = name, []
    if ast.get_docstring(definition) is not None:
        definition.body = definition.body[1:]
    surroundings = getattr(function, "__globals__", {})
    tree = _SinglePrecision().visit(_OwnNames(prefix, surroundings, written).visit(tree))
    written[name] = f"@njit(**INLINE)\n{ast.unparse(ast.fix_missing_locations(tree))}\n"


class _OwnNames(ast.NodeTransformer):
    """Transcriber of the functions and constant tables of a function's module too; numbers replace their names."""

    def __init__(self, prefix: str, surroundings: dict[str, object], written: dict[str, str]) -> None:
        self.prefix, self.surroundings, self.written = prefix, surroundings, written

    def visit_Name(self, node: ast.Name) -> ast.AST:
        known = self.surroundings.get(node.id)
        alias = f"{self.prefix}{node.id}"
        if not isinstance(node.ctx, ast.Load):
            return node
        if isinstance(known, FunctionType) and known.__module__ != arithmetic.__name__:
            if alias not in self.written:
                transcribe(known, alias, self.written, self.prefix and f"{alias}_")
            return ast.Name(alias, node.ctx)
        if isinstance(known, int | float):
            return ast.Constant(known)
        if isinstance(known, tuple):
            # A constant table, as of a layer: rows of numbers.
            self.written[alias] = f"{alias} = tuple(tuple(f4(x) for x in row) for row in {known!r})"
            return ast.Name(alias, node.ctx)
        return node


class _SinglePrecision(ast.NodeTransformer):
    """Conversion of literals to float32, except exponents, which the compiler unrolls."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        node.left = self.visit(node.left)
        if not (isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant)):
            node.right = self.visit(node.right)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, int | float) and not isinstance(node.value, bool):
            return ast.Call(ast.Name("f4", ast.Load()), [node], [])
        return node
