"""Whether families say rightly that their changes at postsynaptic spikes may wait for a presynaptic arrival."""

from __future__ import annotations

import inspect
from dataclasses import replace

import numpy as np
import pytest

from synapseek_core.errors import ConfigurationError
from synapseek_core.plasticity.family import PlasticityFamily
from synapseek_core.plasticity.registry import SPIKING_FAMILIES

PAIR = SPIKING_FAMILIES["pair"]


def may_be_lazy(family: PlasticityFamily) -> bool:
    """Whether `on_post` is affine in the only presynaptic trace and reads neither the weight nor the neuron's state.

    Affine: at a thousand random values of the other factors, the change at three random values of the trace lies on a
    straight line, to double precision.
    """
    names = set(inspect.signature(family.on_post).parameters)
    if len(family.presynaptic_traces) != 1 or "weight" in names or family.postsynaptic_state:
        return False
    (trace,) = family.presynaptic_traces
    if trace not in names:
        return True
    generator = np.random.default_rng(0)
    others = {name: generator.normal(size=1000) for name in sorted(names - {trace})}
    x = generator.uniform(0, 3, (3, 1000))
    y = [family.on_post(**others, **{trace: one}) for one in x]
    residual = (y[1] - y[0]) * (x[2] - x[0]) - (y[2] - y[0]) * (x[1] - x[0])
    return bool(np.abs(residual).max() < 1e-12 * np.abs(y).max())


@pytest.mark.parametrize("name", SPIKING_FAMILIES)
def test_registered_families_say_it_if_and_only_if_they_may(name):
    assert SPIKING_FAMILIES[name].lazy == may_be_lazy(SPIKING_FAMILIES[name])


@pytest.mark.parametrize(
    ("on_post", "expected"),
    [
        (lambda presynaptic_trace, postsynaptic_trace, gamma: gamma * presynaptic_trace * postsynaptic_trace**2, True),
        (lambda beta: beta, True),
        (lambda presynaptic_trace, beta: beta * presynaptic_trace**2, False),
        (lambda presynaptic_trace, beta: beta + np.maximum(presynaptic_trace, 2.9), False),
        (lambda presynaptic_trace, weight: weight * presynaptic_trace, False),
    ],
    ids=["a triplet", "no trace", "square", "kink", "weight"],
)
def test_what_may_be_lazy(on_post, expected):
    """Affine or not in the presynaptic trace, whatever else is read."""
    assert may_be_lazy(replace(PAIR, on_post=on_post, lazy=False)) == expected


@pytest.mark.parametrize(
    "change",
    [
        {"presynaptic_traces": {"presynaptic_trace": "tau_pre", "other": "tau_pre"}},
        {"postsynaptic_state": {"v": -0.06}},
        {"on_post": lambda presynaptic_trace, weight: weight * presynaptic_trace},
    ],
    ids=["traces", "state", "weight"],
)
def test_a_family_that_cannot_be_lazy_may_not_say_so(change):
    with pytest.raises(ConfigurationError, match="a lazy one has one presynaptic trace"):
        replace(PAIR, **change)
