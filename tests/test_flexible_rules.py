"""Rules that read the weight, the voltage and the currents: both backends against Auryn, and against each other."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from synapseek_core.engine import jax_backend, numba_backend
from synapseek_core.engine.connectivity import all_to_all, projection
from synapseek_core.engine.inputs import ScriptedSource
from synapseek_core.engine.network import Group, Network, Plasticity, RateBounds, Trial
from synapseek_core.engine.records import Recording
from synapseek_core.neurons import CVAIFSettings
from synapseek_core.plasticity import FAMILIES

SIMULATE = {"numba": partial(numba_backend.simulate, threads=2), "jax": jax_backend.simulate}
every_backend = pytest.mark.parametrize("simulate", SIMULATE.values(), ids=SIMULATE)

PRESYNAPTIC, POSTSYNAPTIC = Group("pre", 0, 3), Group("post", 3, 7)
EXCITATORY, INHIBITORY = Group("exc", 7, 27), Group("inh", 27, 32)
PROJECTIONS = (
    ("plastic", PRESYNAPTIC, POSTSYNAPTIC, "gaba", 0.3, Plasticity(1.0, 5.0)),
    ("exc_pre", EXCITATORY, PRESYNAPTIC, "ampa", 1.0, None),
    ("exc_post", EXCITATORY, POSTSYNAPTIC, "ampa", 0.9, None),
    ("inh_pre", INHIBITORY, PRESYNAPTIC, "gaba", 0.3, None),
)
RECORDING = Recording(neurons=tuple(range(7)), spike_rules=(0,), synapses=12)


@pytest.fixture(scope="module")
def trace():
    """Auryn's trace of the polynomial rule in its published form."""
    return xr.load_dataset(Path(__file__).parent / "data" / "auryn_trace_cvaif.nc")


def network(family):
    return Network(
        neuron=CVAIFSettings().build(),
        populations=(PRESYNAPTIC, POSTSYNAPTIC),
        n_sources=25,
        family=FAMILIES[family],
        plastic=("plastic",),
        bounds=RateBounds("post", 1.0, -1.0, 1e6),
    )


def trial(trace, steps=5000):
    inhibitory = trace["inh_input"].values + np.array([0, EXCITATORY.size])
    emissions = np.concatenate([trace["exc_input"].values, inhibitory])
    projections = tuple(
        projection(name, pre, post, transmitter, all_to_all(pre, post), weight, plasticity)
        for name, pre, post, transmitter, weight, plasticity in PROJECTIONS
    )
    return Trial(projections, ScriptedSource(emissions), steps)


@every_backend
def test_auryn_trace_of_the_polynomial(simulate, trace):
    """Every spike, and the weights at the ends of trials of several durations."""
    ends = trace["step"].values[np.searchsorted(trace["step"].values, [300, 900, 1490, 2900, 4990])]
    trials = [trial(trace), *(trial(trace, int(end) + 1) for end in ends)]
    theta = trace["rule"].values[None, None].astype(np.float32)
    records = simulate(network("polynomial_published"), trials, theta, RECORDING)[0]
    expected = np.concatenate([trace["presynaptic_spikes"].values, trace["spikes"].values + np.array([0, 3])])
    order = np.lexsort(expected.T[::-1])
    np.testing.assert_array_equal(records[0].spikes, expected[order])
    found = np.stack([record.weight_sample[0, -1] for record in records[1:]])
    weights = trace["weight"].sel(step=ends).values
    np.testing.assert_allclose(found, weights, atol=5e-6, rtol=0)
    assert np.all(np.ptp(weights, axis=0) > 0.05), "the weights of the reference must move"
