"""The program of the JAX backend, compiled for a GPU without one: what is copied, and what memory it takes."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import jax
import numpy as np
import pytest

from synapseek_core.neurons.registry import NEURON_MODELS
from synapseek_core.plasticity.registry import SPIKING_FAMILIES

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
MISSING = 'the compiler for GPUs is not installed: pip install -e ".[gpu-compile]"'
pytest.importorskip("jax_plugins.xla_cuda12", reason=MISSING)

from gpu_target import compiled_chunk, target
from network import four_types
from program_text import Program, read

SLOTS = 64
PLASTIC = ("EE", "IE")
"""EI and II are static."""

LARGE = 1e6
"""Bytes from which an array of the state counts as large; all weights are 180 MB."""

CASES = {
    "pair, lazy, IF": ("lazy", "if", "pair"),
    "pair, exact, TIF": ("exact", "tif", "pair"),
    "polynomial, exact, CVAIF": ("exact", "cvaif", "polynomial"),
    "MLP, exact, CVAIF": ("exact", "cvaif", "mlp"),
}
FAST = {"xla_backend_optimization_level": 0}
"""Machine code is not looked at, so it need not be good."""


@cache
def program(form: str, model: str, family: str) -> tuple[Program, jax.stages.Compiled, dict[str, int]]:
    """The program of a chunk that may be frozen, as users' code is compiled (see conftest.py), and weights' bytes."""
    network, trial = four_types(2048, 512, 0.2, seconds=1.0, family=SPIKING_FAMILIES[family])
    network = replace(network, neuron=NEURON_MODELS[model]().build(), plastic=PLASTIC)
    projections = tuple(p if p.name in PLASTIC else replace(p, plasticity=None) for p in trial.projections)
    trial = replace(trial, projections=projections, frozen=((0, 1000),))
    theta = np.full((len(PLASTIC), len(network.family.parameter_names)), 0.02, np.float32)
    jax.config.update("jax_disable_most_optimizations", False)
    try:
        compiled = compiled_chunk(target("h200"), network, trial, theta, form, SLOTS, **FAST)
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
    """Less than a tenth of the weights: there is no second copy of them, nor of one projection's."""
    _, compiled, weights = program(*case)
    assert compiled.memory_analysis().temp_size_in_bytes < 0.1 * sum(weights.values())
