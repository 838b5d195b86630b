"""The reference in dense NumPy, and both backends against it: every neuron model with every rule family."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from synapseek_core.engine import reference
from synapseek_core.engine.connectivity import projection, random_pairs
from synapseek_core.engine.inputs import PoissonSource
from synapseek_core.engine.jax import backend as jax_backend
from synapseek_core.engine.network import Group, Network, Plasticity, RateBounds, Trial
from synapseek_core.engine.numba import backend as numba_backend
from synapseek_core.engine.records import Record, Recording
from synapseek_core.neurons.registry import NEURON_MODELS
from synapseek_core.plasticity.registry import SPIKING_FAMILIES
from synapseek_core.seeds import Trials
from synapseek_core.status import Status

EXCITATORY, INHIBITORY = Group("E", 0, 30), Group("I", 30, 40)
EVERYONE, INPUT = Group("neurons", 0, 40), Group("input", 40, 80)
TYPES = {
    "EE": (EXCITATORY, EXCITATORY, "ampa"),
    "EI": (EXCITATORY, INHIBITORY, "ampa"),
    "IE": (INHIBITORY, EXCITATORY, "gaba"),
    "II": (INHIBITORY, INHIBITORY, "gaba"),
    "input": (INPUT, EVERYONE, "ampa"),
}
STEPS = 2500
RECORDING = Recording(neurons=tuple(range(EVERYONE.size)), spike_rules=(0, 1, 2, 3), synapses=100)
BOUNDS = RateBounds("E", 0.05, 5.0, 210.0)
TOLERANCE = 1e-5
"""Largest difference of a weight; weights are of order 1."""


@dataclass(frozen=True)
class Case:
    """Four random networks of one layout, each under its own rule.

    Attributes:
        neuron, family: names.
        plastic: synapse types that are plastic.
        seed: of all that is random.
        input_rates: (network,) of each input, in Hz.
        statuses: how the networks must end.
    """

    neuron: str
    family: str
    plastic: tuple[str, ...]
    seed: int
    input_rates: tuple[float, ...] = (60.0, 90.0, 80.0, 70.0)
    statuses: tuple[Status, ...] = (Status.ok,) * 4


CASES = [
    Case("tif", "pair", ("EE", "EI", "IE", "II"), 1),
    Case("tif", "triplet", ("EE", "II"), 2),
    Case("if", "pair", ("EI",), 3, (60.0, 0.0, 80.0, 70.0), (Status.ok, Status.silent, Status.ok, Status.ok)),
    Case("if", "triplet", ("IE",), 4, (60.0, 90.0, 80.0, 3000.0), (Status.ok, Status.ok, Status.ok, Status.runaway)),
    Case("cvaif", "pair", ("EE", "IE"), 5),
    Case("cvaif", "triplet", ("EI",), 6),
    Case("cvaif", "polynomial", ("EE",), 7),
    Case("cvaif", "polynomial_published", ("IE", "II"), 8),
    Case("cvaif", "mlp", ("IE",), 9),
]
SLOW = ("tif-triplet", "cvaif-pair", "cvaif-triplet")
"""Cases whose neuron and family are each in another one."""


def network(case: Case) -> Network:
    """30 excitatory and 10 inhibitory neurons driven by 40 Poisson inputs."""
    neuron = NEURON_MODELS[case.neuron]().build()
    family = SPIKING_FAMILIES[case.family]
    return Network(neuron, (EXCITATORY, INHIBITORY), INPUT.size, family, case.plastic, BOUNDS)


def random_trial(case: Case, number: int) -> Trial:
    """A network with random connectivity and weights; plasticity is off in the second tenth of a second of odd ones."""
    trials = Trials(case.seed, ("reference",), 4)
    generator = trials.generator(number, "connectivity")
    names = [*case.plastic, *(name for name in TYPES if name not in case.plastic)]

    def one(name: str):
        pre, post, transmitter = TYPES[name]
        pairs = random_pairs(pre, post, generator.uniform(0.2, 0.5), generator)
        weight = generator.uniform(1.0, 1.5) if name == "input" else generator.uniform(0.1, 0.4)
        plasticity = Plasticity(generator.uniform(0.001, 0.004), generator.uniform(0.5, 1.0))
        return projection(name, pre, post, transmitter, pairs, weight, plasticity if name in case.plastic else None)

    return Trial(
        tuple(one(name) for name in names),
        PoissonSource(INPUT.size, case.input_rates[number], trials, number),
        STEPS,
        windows=((0, 1203), (997, STEPS)),
        frozen=((1000, 2000),) if number % 2 else ((0, 0),),
    )


def random_rules(case: Case) -> np.ndarray:
    """(network, projection, parameter) rules; time constants between 15 and 50 ms, all else between -1 and 1.

    Of pair rules beta and gamma have one sign, for which the lazy form is exact where weights are clipped.
    """
    generator, family = np.random.default_rng(case.seed), SPIKING_FAMILIES[case.family]
    is_time = np.array([parameter.unit == "s" for parameter in family.parameters])
    low, high = np.where(is_time, 0.015, -1.0), np.where(is_time, 0.050, 1.0)
    rules = generator.uniform(low, high, (4, len(case.plastic), len(family.parameters)))
    if case.family == "pair":
        beta, gamma = (family.parameter_names.index(name) for name in ("beta", "gamma"))
        rules[..., gamma] = np.copysign(rules[..., gamma], rules[..., beta])
    return rules.astype(np.float32)


def assert_equal(found: Record, expected: Record) -> None:
    """Every spike, and weights within TOLERANCE."""
    assert (found.status, found.stop_step) == (expected.status, expected.stop_step)
    for name in ("spikes", "counts", "window_counts"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)
    for name in ("weight_sample", "weight_mean", "weight_sd", "final_mean", "final_sd", "filtered_rate", "at_bounds"):
        relative = 1e-5 if name == "filtered_rate" else 0
        one, other = getattr(found, name), getattr(expected, name)
        np.testing.assert_allclose(one, other, rtol=relative, atol=TOLERANCE, err_msg=name, strict=True)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=[pytest.mark.slow] if name in SLOW else [], id=name)
        for case in CASES
        for name in [f"{case.neuron}-{case.family}"]
    ],
)
def test_backends_equal_the_reference(case):
    """Every spike and every weight of four networks, in both backends and in every form that they have.

    Inputs are strong, so that membranes cross the threshold in steps of a millivolt or so: how the backends round
    decides on no spike.
    """
    arguments = network(case), [random_trial(case, k) for k in range(4)], random_rules(case), RECORDING
    own = [[k] for k in range(4)]
    expected = [records[0] for records in reference.simulate(*arguments, trials_of=own)]
    assert tuple(record.status for record in expected) == case.statuses
    for record in expected:
        if record.status == Status.ok:
            assert len(record.spikes) > 20 * EVERYONE.size
            assert np.all(np.abs(record.weight_sample[:, -1] - record.weight_sample[:, 0]).max(axis=1) > 0.03)
    for form in ("exact", "lazy") if case.family == "pair" else ("exact",):
        for found in (
            numba_backend.simulate(*arguments, threads=2, form=form, trials_of=own),
            jax_backend.simulate(*arguments, form=form, trials_of=own),
        ):
            for (record,), other in zip(found, expected, strict=True):
                assert_equal(record, other)
