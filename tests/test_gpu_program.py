"""The program of the JAX backend, compiled for a GPU without one: what is copied, and what memory it takes."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import jax
import numpy as np
import pytest

from synapseek_core.engine.jax.inputs import BLOCKS
from synapseek_core.neurons.registry import NEURON_MODELS
from synapseek_core.plasticity.registry import SPIKING_FAMILIES

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
from gpu_target import compiled_chunk, target
from network import four_types
from program_text import Program, read

if find_spec("jax_plugins") is None or find_spec("jax_plugins.xla_cuda12") is None:
    pytest.skip('the compiler for GPUs is not installed: pip install -e ".[gpu-compile]"', allow_module_level=True)

SLOTS = 64
PLASTIC = ("EE", "IE")
"""EI and II are static."""

LARGE = 1e6
"""Bytes from which an array of the state counts as large; all weights are 315 MB."""

CASES = {
    "pair, lazy, IF": ("lazy", "if", "pair", "kernels", 0.1),
    "pair, lazy, TIF, without kernels": ("lazy", "tif", "pair", "xla", 0.2),
    "pair, exact, TIF": ("exact", "tif", "pair", "kernels", 0.1),
    "polynomial, exact, CVAIF": ("exact", "cvaif", "polynomial", "kernels", 0.1),
    "MLP, exact, CVAIF": ("exact", "cvaif", "mlp", "xla", 0.5),
}
"""Form, neuron, rule, how blocks are computed, and how much temporary memory there is at most, as a share of the
weights. Without kernels lists of spikes and what is read for them are temporary; of the MLP also its hidden layer."""

FAST = {"xla_backend_optimization_level": 0}
"""Machine code is not looked at, so it need not be good."""


@cache
def program(
    form: str, model: str, family: str, compute: str, _: float
) -> tuple[Program, jax.stages.Compiled, dict[str, int]]:
    """The program of a chunk that may be frozen, as users' code is compiled (see conftest.py), and weights' bytes."""
    network, trial = four_types(2048, 512, 0.2, seconds=1.0, family=SPIKING_FAMILIES[family])
    network = replace(network, neuron=NEURON_MODELS[model]().build(), plastic=PLASTIC)
    projections = tuple(p if p.name in PLASTIC else replace(p, plasticity=None) for p in trial.projections)
    trial = replace(trial, projections=projections, frozen=((0, 1000),))
    theta = np.full((len(PLASTIC), len(network.family.parameter_names)), 0.02, np.float32)
    jax.config.update("jax_disable_most_optimizations", False)
    try:
        compiled = compiled_chunk(target("h200"), network, trial, theta, form, SLOTS, compute, **FAST)
    finally:
        jax.config.update("jax_disable_most_optimizations", True)
    found = read(compiled.as_text())
    return found, compiled, {name: x.bytes for name, x in arguments(found).items() if "weights" in name}


def arguments(of: Program) -> dict[str, object]:
    """Arguments of the program by their path."""
    lines = [line for line in of.computations[of.entry] if line.kind == "parameter"]
    return {line.rest.split('op_name="')[1].split('"')[0]: line for line in lines}


every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@every_case
def test_no_weights_are_copied_in_a_loop(case):
    """No array as large as those of a projection is copied; the fusions that are nothing else count too."""
    of, _, weights = program(*case)
    smallest = min(weights.values())
    in_loops = [kernel for loop in of.loops(of.entry) for kernel, _ in of.kernels(loop.body)]
    assert len(in_loops) > 20
    assert any(kernel.bytes >= smallest for kernel in in_loops)
    assert not [kernel.name for kernel in in_loops if of.is_copy(kernel) and kernel.bytes >= smallest]


@every_case
def test_large_arrays_of_the_state_stay_where_they_are(case):
    """A result takes over the memory of each."""
    of, _, weights = program(*case)
    large = {name: line for name, line in arguments(of).items() if name.startswith("state") and line.bytes > LARGE}
    assert set(weights) < set(large)
    assert not [name for name, line in large.items() if int(line.operands[0]) not in of.aliased]


@every_case
def test_temporary_memory_is_small(case):
    """There is no second copy of the weights, nor of the larger projection's, which has 0.8 of them."""
    _, compiled, weights = program(*case)
    assert compiled.memory_analysis().temp_size_in_bytes < case[-1] * sum(weights.values())


@pytest.mark.parametrize("case", [case for case in CASES.values() if case[3] == "kernels"])
def test_a_block_is_few_kernels_and_waits_for_no_count(case):
    """Its loops have lengths that are known when the program is compiled."""
    of, _, _ = program(*case)
    block = next(loop.body for loop in of.loops(of.entry) if loop.trips in (None, BLOCKS))
    assert not [loop for loop in of.loops(block) if loop.trips is None]
    assert sum(times for _, times in of.kernels(block)) < 60
