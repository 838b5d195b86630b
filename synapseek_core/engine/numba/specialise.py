"""Turn a rule and a neuron model, written as plain Python functions, into a compiled kernel that is cached on disk.

A Numba function that closes over others cannot be cached. So the kernel's source is written, with the rule's and the
neuron's own source put in, to a file whose name is the digest of all that it depends on; importing that file gives
the kernel, compiled once and loaded from Numba's cache afterwards.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import inspect
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from types import ModuleType
from typing import NamedTuple

from synapseek_core.engine.forms import Form
from synapseek_core.engine.numba import arithmetic as compiled_arithmetic
from synapseek_core.engine.numba import denormals
from synapseek_core.engine.numba.kernel import holes
from synapseek_core.engine.numba.kernel_cache import load
from synapseek_core.engine.numba.parts import body, check, formulas_of
from synapseek_core.engine.numba.transcription import transcribe
from synapseek_core.neurons.model import NeuronModel
from synapseek_core.plasticity.family import PlasticityFamily


class Adapter(NamedTuple):
    """The call of one side of a simple rule by a form of the kernel.

    hole: the function that the kernel calls.
    presynaptic, postsynaptic: the k-th trace of either side, in terms of that function's arguments.
    """

    hole: str
    presynaptic: str
    postsynaptic: str


ADAPTERS: dict[Form, dict[str, Adapter]] = {
    "exact": {
        "on_pre": Adapter("presynaptic_change", "pre[{k}, i]", "post[{k}, j]"),
        "on_post": Adapter("postsynaptic_change", "pre[{k}, i]", "post[{k}, j]"),
    },
    "lazy": {
        "on_pre": Adapter("lazy_presynaptic_change", "trace", "ledger[at + u8(3 + {k})] * scale[{k}]"),
        "on_post": Adapter("lazy_postsynaptic_change", "trace", "own[3 + {k}] * scale[{k}]"),
    },
}

SIDES = {"on_pre": "presynaptic", "on_post": "postsynaptic"}


def _is_elaborate(family: PlasticityFamily) -> bool:
    """Return whether a rule is slow enough that vectorising it is worth the copying: if it reads the neuron's state."""
    return bool(family.postsynaptic_state)


def _parameters(family: PlasticityFamily) -> dict[str, str]:
    """Return the values that are the same for all synapses: parameters, and clamped factors."""
    parameters = {parameter: f"theta[{k}]" for k, parameter in enumerate(family.parameter_names)}
    return parameters | {name: f"f4({float(value)!r})" for name, value in family.held.items()}


def _change(family: PlasticityFamily, form: Form, side: str) -> str:
    """Return a function of the kernel's own arguments that calls a simple rule with the factors it names."""
    adapter = ADAPTERS[form][side]
    factors = {"weight": "weight"}
    factors |= {trace: adapter.presynaptic.format(k=k) for k, trace in enumerate(family.presynaptic_traces)}
    factors |= {trace: adapter.postsynaptic.format(k=k) for k, trace in enumerate(family.postsynaptic_traces)}
    factors |= _parameters(family)
    named = ", ".join(factors[argument] for argument in inspect.signature(getattr(family, side)).parameters)
    return _function("OPTIONS", adapter.hole, f"return rule_{side}({named})")


def _function(options: str, hole: str, *lines: str) -> str:
    """Return a function that fills a hole."""
    arguments = ", ".join(inspect.signature(getattr(holes, hole)).parameters)
    return "\n".join([f"@njit(**{options})", f"def {hole}({arguments}):", *(f"    {line}" for line in lines)]) + "\n"


def _changes_of_lanes(neuron: NeuronModel, family: PlasticityFamily, side: str) -> str:
    """Return two functions of the exact form, which copy a synapse into a lane and change all lanes by the rule.

    The first copies what the rule reads of a synapse. What is the same along a row (column) is read once.
    """
    pre = {trace: f"pre[{k}, i]" for k, trace in enumerate(family.presynaptic_traces)}
    post = {trace: f"post[{k}, j]" for k, trace in enumerate(family.postsynaptic_traces)}
    post |= {name: f"state[place(j) + u8({neuron.variable(name)} * LANES)]" for name in family.postsynaptic_state}
    arguments = list(inspect.signature(getattr(family, side)).parameters)
    own, other = (pre, post) if side == "on_pre" else (post, pre)
    varying = {n: e for n, e in ({"weight": "weight"} | other).items() if n in arguments and n not in family.held}
    lanes = {name: f"lanes[{k} * ROW_LANES + lane]" for k, name in enumerate(varying, 1)}
    constant = {name: expression for name, expression in (own | _parameters(family)).items() if name in arguments}
    factors = {name: f"constant_{k}" for k, name in enumerate(constant)} | lanes
    called = f"rule_{side}({', '.join(factors[argument] for argument in arguments)})"
    copies = [f"{lanes[name]} = {expression}" for name, expression in varying.items()]
    constants = [f"{factors[name]} = {expression}" for name, expression in constant.items()]
    loop = ["for lane in range(ROW_LANES):", f"    lanes[lane] = {called}"]
    return _function("INLINE", f"gather_{SIDES[side]}", *copies, "return") + _function(
        "OPTIONS", f"{SIDES[side]}_changes", *constants, *loop
    )


def parts_of(family: PlasticityFamily, form: Form) -> tuple[str, ...]:
    """Return the parts of a kernel after its prelude, in order."""
    if form == "lazy":
        return ("common", "lazy", "loop")
    return ("common", "exact_lanes" if _is_elaborate(family) else "exact_each", "exact", "loop")


def _calls(neuron: NeuronModel, family: PlasticityFamily, form: Form) -> list[str]:
    """Return the functions through which the kernel calls the rule."""
    if form == "exact" and _is_elaborate(family):
        return [_changes_of_lanes(neuron, family, side) for side in SIDES]
    return [_change(family, form, side) for side in SIDES]


def _tuple(hole: str, entries: Iterable[str]) -> str:
    """Return a function that gives numbers of an array as a tuple."""
    return _function("OPTIONS", hole, f"return ({''.join(f'{entry}, ' for entry in entries)})")


def _integrate(neuron: NeuronModel) -> str:
    """Return the loop over the neurons of one block."""
    variables = list(neuron.initial_state)
    where = {name: f"block[{k} * LANES + lane]" for k, name in enumerate(variables)}
    factors = where | {name: f"c[{k}]" for k, name in enumerate(neuron.constants)}
    arguments = ", ".join(factors[argument] for argument in inspect.signature(neuron.advance).parameters)
    flag = f"block[{len(variables)} * LANES + lane]"
    return _function(
        "OPTIONS",
        "integrate_block",
        "total = f4(0)",
        "for lane in range(LANES):",
        f"    {', '.join(f'new_{name}' for name in variables)}, spike = advance({arguments})",
        *(f"    {where[name]} = new_{name}" for name in variables),
        "    flag = f4(1) if spike else f4(0)",
        f"    {flag} = flag",
        "    total += flag",
        "return total",
    )


@cache
def _formulas(parts: tuple[str, ...]) -> Mapping[str, str]:
    """Return name -> source of the shared formulas that some parts use."""
    written: dict[str, str] = {}
    for formula in formulas_of(parts):
        transcribe(formula, formula.__name__, written, "")
    return written


def kernel_source(neuron: NeuronModel, family: PlasticityFamily, form: Form) -> str:
    """Return the complete source of the kernel for one neuron model, one rule family and one form."""
    parts = parts_of(family, form)
    written = dict(_formulas(parts))
    transcribe(neuron.advance, "advance", written, "advance_")
    transcribe(family.on_pre, "rule_on_pre", written, "rule_on_pre_")
    transcribe(family.on_post, "rule_on_post", written, "rule_on_post_")
    traces = len(family.postsynaptic_traces)
    return "\n\n".join(
        [
            body("prelude"),
            f"VARIABLES = {len(neuron.initial_state)}",
            f"PRESYNAPTIC_TRACES = {len(family.presynaptic_traces)}",
            f"POSTSYNAPTIC_TRACES = {traces}",
            *written.values(),
            _integrate(neuron),
            _tuple("parameter_tuple", (f"theta[{k}]" for k in range(len(family.parameters)))),
            _tuple("scale_tuple", (f"scale[p * {traces} + {k}]" for k in range(traces))),
            *_calls(neuron, family, form),
            *(body(part) for part in parts),
        ]
    )


def kernel(neuron: NeuronModel, family: PlasticityFamily, form: Form) -> ModuleType:
    """Return the module with `run_steps`, specialised and cached.

    The file's name covers the source, the modules it imports and the compiler's version, which Numba's own cache
    does not all watch.

    Raises:
        ConfigurationError: the rule or the neuron model uses names that a kernel does not know.
    """
    source = kernel_source(neuron, family, form)
    watched = [source, importlib.metadata.version("numba"), importlib.metadata.version("numpy")]
    watched += [inspect.getsource(compiled_arithmetic), inspect.getsource(denormals)]
    digest = hashlib.sha256("\0".join(watched).encode()).hexdigest()[:16]
    name = f"synapseek_kernel_{neuron.name}_{family.name}_{form}_{digest}"
    if name not in sys.modules:
        check(source, parts_of(family, form), f"neuron model {neuron.name!r} with plasticity family {family.name!r}")
        load(name, source)
    return sys.modules[name]
