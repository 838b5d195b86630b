"""Rules that read the weight, the voltage and the currents: both backends against Auryn, and against each other."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from numba import njit

from synapseek_core.arithmetic import exp
from synapseek_core.engine.connectivity import all_to_all, projection
from synapseek_core.engine.inputs import ScriptedSource
from synapseek_core.engine.jax import backend as jax_backend
from synapseek_core.engine.network import Group, Network, Plasticity, RateBounds, Trial
from synapseek_core.engine.numba import backend as numba_backend
from synapseek_core.engine.records import Recording
from synapseek_core.errors import ConfigurationError
from synapseek_core.neurons.cvaif import CVAIFSettings
from synapseek_core.plasticity.mlp import HIDDEN_1, HIDDEN_2, hidden
from synapseek_core.plasticity.registry import SPIKING_FAMILIES
from synapseek_core.studies import project

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
        family=SPIKING_FAMILIES[family],
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


def test_hidden_layers_of_the_mlp():
    """On every backend's own way of writing them: NumPy in double precision is the reference."""
    random = np.random.default_rng(0)
    factors = random.normal(size=(6, 7))
    units = 1 / (1 + np.exp(-(np.array(HIDDEN_1) @ (np.array([2, 2, 1, 15, 15, 15])[:, None] * factors))))
    expected = 1 / (1 + np.exp(-(np.array(HIDDEN_2) @ units)))
    np.testing.assert_allclose(hidden(*factors), expected.T, rtol=1e-5)
    assert np.ptp(expected) > 0.01


def test_compiled_exp():
    """To single precision, over the whole range; beyond it infinity and 0; not-a-number stays."""

    @njit(error_model="numpy", fastmath={"contract", "nsz", "arcp", "afn", "reassoc"})
    def compiled(x, result):
        for k in range(x.size):
            result[k] = exp(x[k])

    x = np.concatenate([np.linspace(-87, 88.3, 20001), [89, np.inf, -104, -np.inf, np.nan]]).astype(np.float32)
    found = np.empty_like(x)
    compiled(x, found)
    np.testing.assert_allclose(found[:-5], np.exp(x[:-5].astype(np.float64)), rtol=2.5e-7)
    np.testing.assert_array_equal(found[-5:], [np.inf, np.inf, 0, 0, np.nan])


MLP_RULE = [0.02, 0.63, -1.34, -0.81, -0.53, 0.6, 0.98, 0.26, 0.02, 0.41, -0.7]


def test_backends_agree_on_the_mlp(trace):
    """Every spike of half a second, and the weights, which go up and down."""
    theta = np.array([[MLP_RULE]], np.float32)
    found = [simulate(network("mlp"), [trial(trace)], theta, RECORDING)[0][0] for simulate in SIMULATE.values()]
    np.testing.assert_array_equal(found[0].spikes, found[1].spikes)
    np.testing.assert_allclose(found[0].weight_sample, found[1].weight_sample, rtol=1e-4, atol=1e-5)
    steps = np.diff(found[0].weight_mean[0])
    assert len(found[0].spikes) > 200
    assert np.abs(steps).max() > 0.01


@pytest.mark.slow
@pytest.mark.parametrize("family", ["mlp", "polynomial"])
def test_a_held_factor_is_not_seen(trace, family):
    """On both backends alike; and a rule that does not see the voltage of neurons that differ in it is another rule."""
    rule = MLP_RULE if family == "mlp" else trace["rule"].values
    theta, steps = np.array([[rule]], np.float32), 2000
    blind = replace(SPIKING_FAMILIES[family], held={"voltage": -0.055, "weight": 0.4})
    runs = {
        name: [
            simulate(replace(network(family), family=f), [trial(trace, steps)], theta, RECORDING)[0][0] for f in both
        ]
        for name, simulate in SIMULATE.items()
        for both in [(SPIKING_FAMILIES[family], blind)]
    }
    np.testing.assert_allclose(runs["numba"][1].weight_sample, runs["jax"][1].weight_sample, rtol=1e-4, atol=1e-5)
    seeing, held = (run.weight_sample[0, -1] for run in runs["numba"])
    assert np.abs(seeing - held).max() > 1e-4


def test_a_held_factor_that_the_rule_does_not_read_is_refused():
    condition = {"plasticity": {"held": {"volts": -0.05}}}
    changes = {"generalisation": {"conditions": {"blind": condition}}}
    with pytest.raises(
        ConfigurationError, match="held names 'volts', which the mlp rule does not read; allowed: weight"
    ):
        project.load_study("stability_IE_mlp", changes=changes)
    condition["plasticity"] = {"family": "pair"}
    with pytest.raises(ConfigurationError, match=r"conditions.blind.plasticity.family: a condition cannot change it"):
        project.load_study("stability_IE_mlp", changes=changes)


def test_two_forms_of_the_polynomial_share_settings():
    """The study has the published form; the corrected one needs no other key, another family needs all."""
    published = project.load_study("stability_IE_polynomial", "published").settings
    corrected = project.load_study("stability_IE_polynomial", "published", {"plasticity": {"family": "polynomial"}})
    assert published.plasticity.family == "polynomial_published"
    assert corrected.settings.plasticity.family == "polynomial"
    assert corrected.settings.prior == published.prior
    assert corrected.settings.search == published.search
    assert corrected.settings.generalisation == published.generalisation
    with pytest.raises(ConfigurationError, match=r"prior\.bounds: no value for the parameter 'tau_pre'"):
        project.load_study("stability_IE_polynomial", "published", {"plasticity": {"family": "pair"}})


def test_traces_of_the_mlp_have_the_time_constants_of_each_study():
    taus = {}
    for name in ("stability_IE_mlp", "families_mlp"):
        family = project.load_study(name, "published").settings.rule_space.family
        theta = np.zeros(len(family.parameters))
        taus[name] = [*family.presynaptic_time_constants(theta), *family.postsynaptic_time_constants(theta)]
    assert taus == {"stability_IE_mlp": [0.01, 0.01, 0.1, 0.1], "families_mlp": [0.01, 0.1, 0.01, 0.1]}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("voltage", 0.1, "names 'voltage', which is no trace of the mlp rule with a fixed time constant"),
        ("presynaptic_trace_1", 0.0, "presynaptic_trace_1 = 0 s; allowed: above 0 s"),
    ],
)
def test_wrong_time_constants_are_refused(name, value, words):
    with pytest.raises(ConfigurationError, match=words):
        project.load_study("families_mlp", "preview", {"plasticity": {"trace_time_constants": {name: value}}})
