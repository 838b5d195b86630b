"""Turn a rule and a neuron model, written as plain Python functions, into a compiled kernel that is cached on disk.

A Numba function that closes over others cannot be cached. So the kernel's source is written, with the rule's and the
neuron's own source put in, to a file whose name is the digest of all that it depends on; importing that file gives
the kernel, compiled once and loaded from Numba's cache afterwards. On the way every numeric literal becomes single
precision, so that `1 - x` costs and means the same on every backend.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import importlib.util
import inspect
import os
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FunctionType, ModuleType

from synapseek_core import arithmetic
from synapseek_core.engine.constants import AT_BOUND
from synapseek_core.engine.forms import Form
from synapseek_core.engine.numba import denormals
from synapseek_core.neurons.model import NeuronModel
from synapseek_core.plasticity.family import PlasticityFamily
from synapseek_core.runtime import cache_directory

LANES = 128
"""Neurons in a block of the state array: long enough to vectorise, short enough for the first-level cache."""

ROW_LANES = 32
"""Synapses that the exact form changes at once."""

PRELUDE = """\
import numpy as np
from numba import njit
from synapseek_core.arithmetic import exp, maximum, minimum, select, sigmoid_layer, weighted_sum
from synapseek_core.engine.numba.denormals import flush_denormals

f4, u8 = np.float32, np.uint64
LANES, ROW_LANES = {lanes}, {row_lanes}
AT_BOUND = {at_bound}
SHIFT = {shift}
# Nothing is allocated in the kernel, so arrays need no reference counts (_nrt): counting those of the tables at every
# call would take two thirds of a small network's time. A call passes all tables by value, so short functions are
# inlined.
FASTMATH = {{"contract", "nsz", "arcp", "afn", "reassoc"}}
OPTIONS = dict(cache=True, nogil=True, error_model="numpy", fastmath=FASTMATH, _nrt=False)
INLINE = dict(OPTIONS, forceinline=True)
"""


class _SinglePrecision(ast.NodeTransformer):
    """Literals become float32, except exponents, which the compiler unrolls."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        node.left = self.visit(node.left)
        if not (isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant)):
            node.right = self.visit(node.right)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, int | float) and not isinstance(node.value, bool):
            return ast.Call(ast.Name("f4", ast.Load()), [node], [])
        return node


def _source(function: Callable, name: str, written: dict[str, str]) -> None:
    """Add the source of a function, renamed, and of the plain functions it calls, to `written`."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    definition.name, definition.decorator_list = name, []
    if ast.get_docstring(definition) is not None:
        definition.body = definition.body[1:]
    for node in ast.walk(definition):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            helper = getattr(function, "__globals__", {}).get(node.id)
            if isinstance(helper, FunctionType) and helper.__module__ != arithmetic.__name__:
                alias = f"{name}_{node.id}"
                if alias not in written:
                    _source(helper, alias, written)
                node.id = alias
            elif isinstance(helper, int | float):
                node.id = repr(float(helper))
            elif isinstance(helper, tuple):
                # A constant table, as of a layer: rows of numbers.
                node.id = f"{name}_{node.id}"
                written[node.id] = f"{node.id} = tuple(tuple(f4(x) for x in row) for row in {helper!r})"
    tree = ast.fix_missing_locations(_SinglePrecision().visit(tree))
    written[name] = f"@njit(**INLINE)\n{ast.unparse(tree)}\n"


ADAPTERS = {
    "exact": {
        "presynaptic_change": ("weight, pre, i, post, j, state, p", "pre[{k}, i]", "post[{k}, j]"),
        "postsynaptic_change": ("weight, pre, i, post, j, state, p", "pre[{k}, i]", "post[{k}, j]"),
    },
    "lazy": {
        "presynaptic_change": ("weight, trace, ledger, at, scale, p", "trace", "ledger[at + u8(3 + {k})] * scale[{k}]"),
        "postsynaptic_change": ("trace, own, scale, p", "trace", "own[3 + {k}] * scale[{k}]"),
    },
}
"""Form -> how each form of the kernel calls a simple rule: its arguments, a presynaptic trace, a postsynaptic trace."""

SIDES = {"on_pre": "presynaptic", "on_post": "postsynaptic"}


def _is_elaborate(family: PlasticityFamily) -> bool:
    """Whether a rule takes so long that vectorising it is worth the copying: if it reads the neuron's state."""
    return bool(family.postsynaptic_state)


def _parameters(family: PlasticityFamily) -> dict[str, str]:
    """What is the same for all synapses: parameters, and factors that are held."""
    parameters = {parameter: f"p[{k}]" for k, parameter in enumerate(family.parameter_names)}
    return parameters | {name: f"f4({float(value)!r})" for name, value in family.held.items()}


def _change(family: PlasticityFamily, form: Form, side: str) -> str:
    """A function of the kernel's own arguments that calls a simple rule with the factors it names."""
    adapter = f"{SIDES[side]}_change"
    arguments, presynaptic, postsynaptic = ADAPTERS[form][adapter]
    factors = {"weight": "weight"}
    factors |= {trace: presynaptic.format(k=k) for k, trace in enumerate(family.presynaptic_traces)}
    factors |= {trace: postsynaptic.format(k=k) for k, trace in enumerate(family.postsynaptic_traces)}
    factors |= _parameters(family)
    named = ", ".join(factors[argument] for argument in inspect.signature(getattr(family, side)).parameters)
    return f"@njit(**OPTIONS)\ndef {adapter}({arguments}):\n    return rule_{side}({named})\n"


def _changes_of_lanes(neuron: NeuronModel, family: PlasticityFamily, side: str) -> str:
    """Two functions of the exact form: one copies what the rule reads of a synapse into a lane, the other lets the rule
    change all lanes. What is the same along a row (column) is read once."""
    pre = {trace: f"pre[{k}, i]" for k, trace in enumerate(family.presynaptic_traces)}
    post = {trace: f"post[{k}, j]" for k, trace in enumerate(family.postsynaptic_traces)}
    post |= {name: f"state[place(j) + u8({neuron.variable(name)} * LANES)]" for name in family.postsynaptic_state}
    arguments = list(inspect.signature(getattr(family, side)).parameters)
    own, other = (pre, post) if side == "on_pre" else (post, pre)
    varying = {n: e for n, e in ({"weight": "weight"} | other).items() if n in arguments and n not in family.held}
    lanes = {name: f"lanes[{k} * ROW_LANES + lane]" for k, name in enumerate(varying, 1)}
    constant = {name: expression for name, expression in (own | _parameters(family)).items() if name in arguments}
    factors = {name: f"constant_{k}" for k, name in enumerate(constant)} | lanes
    lines = [
        "@njit(**INLINE)",
        f"def gather_{SIDES[side]}(lanes, lane, weight, pre, i, post, j, state):",
        *(f"    {lanes[name]} = {expression}" for name, expression in varying.items()),
        "    return",
        "@njit(**OPTIONS)",
        f"def {SIDES[side]}_changes(lanes, pre, i, post, j, state, p):",
        *(f"    {factors[name]} = {expression}" for name, expression in constant.items()),
        "    for lane in range(ROW_LANES):",
        f"        lanes[lane] = rule_{side}({', '.join(factors[argument] for argument in arguments)})",
    ]
    return "\n".join(lines) + "\n"


def _rule(neuron: NeuronModel, family: PlasticityFamily, form: Form) -> list[str]:
    """How the kernel calls the rule, and what it does with it."""
    if form == "exact" and _is_elaborate(family):
        return [
            *(_changes_of_lanes(neuron, family, side) for side in SIDES),
            _template("exact_lanes"),
            _template("exact"),
        ]
    calls = [_change(family, form, side) for side in SIDES]
    return [*calls, *([_template("exact_each")] if form == "exact" else []), _template(form)]


def _tuple(name: str, arguments: str, entries: Iterable[str]) -> str:
    """A function that gives numbers of an array as a tuple, which the compiler keeps in registers."""
    return f"@njit(**OPTIONS)\ndef {name}({arguments}):\n    return ({''.join(f'{entry}, ' for entry in entries)})\n"


def _template(name: str) -> str:
    return (Path(__file__).parent / "kernel" / f"{name}.py").read_text().split("# --- kernel ---\n", 1)[1]


def _integrate(neuron: NeuronModel) -> str:
    """The loop over the neurons of one block."""
    variables = list(neuron.initial_state)
    where = {name: f"block[{k} * LANES + lane]" for k, name in enumerate(variables)}
    factors = where | {name: f"c[{k}]" for k, name in enumerate(neuron.constants)}
    arguments = ", ".join(factors[argument] for argument in inspect.signature(neuron.advance).parameters)
    flag = f"block[{len(variables)} * LANES + lane]"
    lines = [
        "@njit(**OPTIONS)",
        "def integrate_block(block, c):",
        "    total = f4(0)",
        "    for lane in range(LANES):",
        f"        {', '.join(f'new_{name}' for name in variables)}, spike = advance({arguments})",
        *(f"        {where[name]} = new_{name}" for name in variables),
        "        flag = f4(1) if spike else f4(0)",
        f"        {flag} = flag",
        "        total += flag",
        "    return total",
    ]
    return "\n".join(lines) + "\n"


def kernel_source(neuron: NeuronModel, family: PlasticityFamily, form: Form) -> str:
    """The complete source of the kernel for one neuron model and one rule family."""
    written: dict[str, str] = {}
    _source(neuron.advance, "advance", written)
    _source(family.on_pre, "rule_on_pre", written)
    _source(family.on_post, "rule_on_post", written)
    traces = len(family.postsynaptic_traces)
    return "\n\n".join(
        [
            PRELUDE.format(lanes=LANES, row_lanes=ROW_LANES, at_bound=AT_BOUND, shift=LANES.bit_length() - 1),
            f"VARIABLES = {len(neuron.initial_state)}",
            f"PRESYNAPTIC_TRACES = {len(family.presynaptic_traces)}",
            f"POSTSYNAPTIC_TRACES = {traces}",
            *written.values(),
            _integrate(neuron),
            _tuple("parameter_tuple", "theta", (f"theta[{k}]" for k in range(len(family.parameters)))),
            _tuple("scale_tuple", "scale, p", (f"scale[p * {traces} + {k}]" for k in range(traces))),
            _template("common"),
            *_rule(neuron, family, form),
            _template("loop"),
        ]
    )


def kernel(neuron: NeuronModel, family: PlasticityFamily, form: Form) -> ModuleType:
    """The module with `run_steps`, specialised and cached.

    The file's name covers the source, the modules it imports and the compiler's version, which Numba's own cache
    does not all watch.
    """
    source = kernel_source(neuron, family, form)
    watched = [source, importlib.metadata.version("numba"), importlib.metadata.version("numpy")]
    watched += [inspect.getsource(arithmetic), inspect.getsource(denormals)]
    digest = hashlib.sha256("\0".join(watched).encode()).hexdigest()[:16]
    name = f"synapseek_kernel_{neuron.name}_{family.name}_{form}_{digest}"
    if name not in sys.modules:
        _load(name, source)
    return sys.modules[name]


def _load(name: str, source: str) -> None:
    path = cache_directory("kernels") / f"{name}.py"
    if not path.exists():
        # Several processes may get here at once: each writes its own file, the last move wins, all are equal.
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as stream:
            stream.write(source)
        os.replace(stream.name, path)
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
