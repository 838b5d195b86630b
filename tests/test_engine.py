"""The spiking engine: the reference and both backends against Auryn, each other, and themselves in other batches."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import partial

import auryn_trace
import numpy as np
import pytest

from synapseek_core.arithmetic import exp, maximum, select
from synapseek_core.engine import reference
from synapseek_core.engine.connectivity import projection, random_pairs
from synapseek_core.engine.inputs import PoissonSource
from synapseek_core.engine.jax import backend as jax_backend
from synapseek_core.engine.network import Group, Network, Plasticity, RateBounds, Trial
from synapseek_core.engine.numba import backend as numba_backend
from synapseek_core.engine.records import Record, Recording
from synapseek_core.neurons.tif import TIFSettings
from synapseek_core.plasticity.family import Parameter, PlasticityFamily
from synapseek_core.plasticity.registry import SPIKING_FAMILIES
from synapseek_core.seeds import Trials
from synapseek_core.status import Status


def numba_simulate(network, trials, theta, recording, form="exact"):
    return numba_backend.simulate(network, trials, theta, recording, threads=2, form=form)


EXACT = {"numba": numba_simulate, "jax": partial(jax_backend.simulate, form="exact")}
LAZY = {"numba lazy": partial(numba_simulate, form="lazy"), "jax lazy": partial(jax_backend.simulate, form="lazy")}
NUMBA = (EXACT["numba"], LAZY["numba lazy"])
REFERENCE = {"reference": reference.simulate}
every_backend = pytest.mark.parametrize("simulate", (EXACT | LAZY).values(), ids=EXACT | LAZY)
everyone = pytest.mark.parametrize("simulate", (EXACT | LAZY | REFERENCE).values(), ids=EXACT | LAZY | REFERENCE)
# The lazy form in JAX wants plastic synapses to start from neurons; those of the trace start from scripted sources too.
ANY_SOURCE = REFERENCE | EXACT | {"numba lazy": LAZY["numba lazy"]}
everyone_for_any_source = pytest.mark.parametrize("simulate", ANY_SOURCE.values(), ids=ANY_SOURCE)

EXCITATORY, INHIBITORY = Group("E", 0, 80), Group("I", 80, 100)
EVERYONE, INPUT = Group("neurons", 0, 100), Group("input", 100, 300)
SYNAPSES = {
    "EE": (EXCITATORY, EXCITATORY, "ampa", 0.1),
    "EI": (EXCITATORY, INHIBITORY, "ampa", 0.1),
    "IE": (INHIBITORY, EXCITATORY, "gaba", 0.4),
    "II": (INHIBITORY, INHIBITORY, "gaba", 0.4),
    "input": (INPUT, EVERYONE, "ampa", 0.15),
}
RECORDING = Recording(neurons=(0, 3, 85), spike_rules=(0, 2), synapses=7)
WIDE = RateBounds("E", 0.1, -1.0, 1e6)

# tau_pre, tau_post, alpha, beta, gamma, kappa
HEBBIAN = [0.02, 0.02, -0.2, 0.1, 1.0, 0.6]
ASYMMETRIC = [0.05, 0.01, -0.3, -0.1, 0.5, -0.5]
ONLY_GROWS = [0.02, 0.02, 8.0, 0.0, 0.0, 0.0]
ONLY_SHRINKS = [0.02, 0.02, -8.0, 0.0, 0.0, 0.0]
NOT_A_NUMBER = [np.nan, 0.02, 0.0, 0.0, 0.0, 0.0]


def multiplicative_on_pre(weight, slow_trace, postsynaptic_trace, speed, target):
    """Uses what the pair rule does not: the weight, a presynaptic trace at an arrival, and the mathematics."""
    drift = maximum(target - weight, -1) * exp(-slow_trace)
    return speed * select(postsynaptic_trace > 0.5, drift, drift**2 / 2)


def multiplicative_on_post(fast_trace, slow_trace, postsynaptic_trace, weight, speed):
    """Uses every trace."""
    return speed * (fast_trace - slow_trace) * weight / (1 + postsynaptic_trace)


MULTIPLICATIVE = PlasticityFamily(
    name="multiplicative",
    source="this test",
    parameters=tuple(Parameter(name, "1", name) for name in ("fast", "slow", "speed", "target")),
    presynaptic_traces={"slow_trace": "slow", "fast_trace": "fast"},
    postsynaptic_traces={"postsynaptic_trace": "fast"},
    on_pre=multiplicative_on_pre,
    on_post=multiplicative_on_post,
)


def small_network(plastic, bounds=WIDE, family=SPIKING_FAMILIES["pair"]) -> Network:
    """80 excitatory and 20 inhibitory neurons driven by 200 Poisson inputs."""
    return Network(TIFSettings().build(), (EXCITATORY, INHIBITORY), INPUT.size, family, plastic, bounds)


def small_trial(plastic, number, steps) -> Trial:
    """A random draw of that network; names in `plastic` are plastic."""
    trials = Trials(7, ("engine test",), 2)
    generator = trials.generator(number, "connectivity")
    names = [*plastic, *(name for name in SYNAPSES if name not in plastic)]
    return Trial(
        tuple(_small_projection(name, generator, name in plastic) for name in names),
        PoissonSource(INPUT.size, 10.0, trials, number),
        steps,
        windows=((0, 1203), (997, 2500)),
    )


def _small_projection(name, generator, plastic):
    pre, post, transmitter, weight = SYNAPSES[name]
    pairs = random_pairs(pre, post, 0.2, generator)
    return projection(name, pre, post, transmitter, pairs, weight, Plasticity(0.02, 1.0) if plastic else None)


def rules(rows, plastic) -> np.ndarray:
    """The same rule on each plastic projection: (rule, projection, parameter)."""
    return np.repeat(np.array(rows, np.float32)[:, None], len(plastic), axis=1)


def assert_identical(one: Record, other: Record) -> None:
    for field in fields(Record):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name), err_msg=field.name)


def assert_close(one: Record, other: Record) -> None:
    """Equal but for the last digits."""
    assert (one.status, one.stop_step) == (other.status, other.stop_step)
    np.testing.assert_array_equal(one.spikes, other.spikes)
    np.testing.assert_array_equal(one.counts, other.counts)
    np.testing.assert_array_equal(one.window_counts, other.window_counts)
    for name in ("filtered_rate", "weight_mean", "weight_sd", "weight_sample", "at_bounds"):
        np.testing.assert_allclose(
            getattr(one, name), getattr(other, name), rtol=1e-5, atol=5e-6, err_msg=name, strict=True
        )


@everyone_for_any_source
@pytest.mark.parametrize("neuron", ["tif", "if"])
def test_auryn_trace(simulate, neuron):
    """Every spike of Auryn's, and every weight at the ends of trials of several durations."""
    trace = auryn_trace.reference(neuron)
    recorded = trace["weight_step"].values
    ends = recorded[np.searchsorted(recorded, [300, 700, 1490, 2900, 4900])]
    whole = auryn_trace.trial(neuron, trace)
    trials = [whole, *(replace(whole, steps=int(end) + 1) for end in ends)]
    recording = replace(auryn_trace.RECORDING, synapses=80)
    records = simulate(auryn_trace.network(neuron), trials, auryn_trace.THETA[None], recording)[0]

    np.testing.assert_array_equal(records[0].spikes, trace["spikes"].values)
    expected = np.stack([_weights_at(trace, whole, recording, end) for end in ends])
    found = np.stack([record.weight_sample[:, -1] for record in records[1:]])
    np.testing.assert_allclose(found, expected, atol=1e-5, rtol=0)
    assert np.all(np.ptp(expected, axis=0) > 0.05), "the weights of the reference must move"
    means = [trace[f"w_{name}"].sel({_dimension(name): ends[-1]}).mean() for name in ("exc", "inh", "rec")]
    np.testing.assert_allclose(records[-1].weight_mean[:, -1], means, atol=1e-5)


def _weights_at(trace, trial, recording, step) -> np.ndarray:
    """Auryn's weights after a step, of the synapses that the engine samples: (projection, synapse)."""
    return np.stack(
        [
            trace[f"w_{p.name}"].sel({_dimension(p.name): step}).values.ravel()[recording.synapse_ids(p)]
            for p in trial.plastic
        ]
    )


def _dimension(name) -> str:
    return "step" if name == "rec" else "weight_step"


@pytest.mark.parametrize(
    ("backends", "plastic", "family", "rows"),
    [
        (EXACT, ("EE", "EI", "IE", "II"), SPIKING_FAMILIES["pair"], [ASYMMETRIC, ONLY_SHRINKS]),
        (EXACT, ("IE", "input"), MULTIPLICATIVE, [[0.01, 0.05, 20.0, 0.6], [0.03, 0.01, -15.0, 0.1]]),
        (LAZY, ("EE", "EI", "IE", "II"), SPIKING_FAMILIES["pair"], [ASYMMETRIC, ONLY_SHRINKS]),
        (LAZY, (), SPIKING_FAMILIES["pair"], [HEBBIAN]),
    ],
    ids=["exact, pair", "exact, multiplicative", "lazy", "static"],
)
def test_backends_agree(backends, plastic, family, rows):
    """Within the first half second, before chaos could amplify a last digit."""
    network = small_network(plastic, family=family)
    trials = [small_trial(plastic, 0, 3000), small_trial(plastic, 1, 4250)]
    theta = rules(rows, plastic)
    numba_found, jax_found = (simulate(network, trials, theta, RECORDING) for simulate in backends.values())
    for numba_records, jax_records in zip(numba_found, jax_found, strict=True):
        for numba_record, jax_record in zip(numba_records, jax_records, strict=True):
            assert_close(numba_record, jax_record)
            assert numba_record.counts.sum() > 500
            assert np.all(np.abs(np.diff(numba_record.weight_mean, axis=1)).sum(axis=1) > 0.005)
    assert [len(record.counts[0]) for record in jax_found[0]] == [30, 43]


@pytest.mark.parametrize("backends", [EXACT, LAZY], ids=["exact", "lazy"])
def test_backends_stop_alike(backends):
    """Silence, runaway activity and parameters that are no numbers end a trial at the same step; the rest goes on."""
    plastic = ("IE",)
    network = small_network(plastic, RateBounds("E", 0.1, 14.0, 60.0))
    trials = [small_trial(plastic, 0, 3000), small_trial(plastic, 1, 4250)]
    theta = rules([HEBBIAN, ONLY_SHRINKS, ONLY_GROWS, NOT_A_NUMBER], plastic)
    numba_found, jax_found = (simulate(network, trials, theta, RECORDING) for simulate in backends.values())
    statuses = [[record.status for record in records] for records in jax_found]
    assert statuses == [[s] * 2 for s in (Status.ok, Status.runaway, Status.silent, Status.non_finite)]
    for numba_records, jax_records in zip(numba_found, jax_found, strict=True):
        for numba_record, jax_record in zip(numba_records, jax_records, strict=True):
            assert_close(numba_record, jax_record)
            np.testing.assert_allclose(numba_record.final_mean, jax_record.final_mean, rtol=1e-5, atol=1e-6)
    stopped = jax_found[1][0]
    assert 0 < stopped.stop_step < 3000
    assert stopped.counts[:, stopped.stop_step // 100 + 1 :].sum() == 0
    assert np.isnan(stopped.filtered_rate[stopped.stop_step // 100 :]).all()
    assert np.isfinite(stopped.filtered_rate[: stopped.stop_step // 100]).all()


@everyone
def test_neurons_that_are_not_finite_are_found(simulate):
    """At the end of the chunk in which it happens."""
    plastic = ("IE",)
    network = small_network(plastic, RateBounds("E", 0.1, -1.0, 1e6))
    constants = dict(network.neuron.constants) | {"gaba_decay": 1e30}
    network = replace(network, neuron=replace(network.neuron, constants=constants))
    record = simulate(network, [small_trial(plastic, 0, 3000)], rules([HEBBIAN], plastic), RECORDING)[0][0]
    assert (record.status, record.stop_step) == (Status.non_finite, 1000)
    assert np.isfinite(record.weight_mean[:, 0]).all()
    assert np.isnan(record.weight_mean[:, 1:]).all()


@every_backend
def test_result_does_not_depend_on_the_batch(simulate):
    """A rule alone, among others, and in another order: bit for bit the same."""
    plastic = ("EE", "IE")
    network = small_network(plastic, RateBounds("E", 0.1, 1.0, 45.0))
    trials = [small_trial(plastic, 0, 3000), small_trial(plastic, 1, 1700)]
    theta = rules([HEBBIAN, ASYMMETRIC, ONLY_GROWS, NOT_A_NUMBER], plastic)
    recording = replace(RECORDING, spike_rules=(0, 1, 2, 3))
    together = simulate(network, trials, theta, recording)
    backwards = simulate(network, trials[::-1], theta[::-1], recording)
    alone = simulate(network, trials[:1], theta[1:2], replace(RECORDING, spike_rules=(0,)))
    for records, reversed_records in zip(together, backwards[::-1], strict=True):
        for record, other in zip(records, reversed_records[::-1], strict=True):
            assert_identical(record, other)
    assert_identical(alone[0][0], together[1][0])
    assert len({record.stop_step for records in together for record in records}) > 3


def test_lazy_form_is_exact_where_changes_have_one_sign():
    """beta and gamma of one sign: between two arrivals a weight moves one way, and clipping may wait."""
    plastic = ("EE", "EI", "IE", "II")
    trials = [small_trial(plastic, 0, 3000)]
    theta = rules([HEBBIAN, [0.02, 0.02, 0.3, -0.2, -1.0, 0.5]], plastic)
    exact, lazy = (run(small_network(plastic), trials, theta, RECORDING) for run in NUMBA)
    for (one,), (other,) in zip(exact, lazy, strict=True):
        np.testing.assert_array_equal(one.counts, other.counts)
        np.testing.assert_allclose(one.weight_sample, other.weight_sample, atol=2e-5)
        assert one.at_bounds.max() > 0.01, "some weights must have been clipped"


def test_lazy_form_is_close_over_the_prior():
    """Changes of both signs between two arrivals: clipping late costs little."""
    plastic = ("EE", "EI", "IE", "II")
    low, high = np.array([[0.01, 0.01, -2, -2, -2, -2], [0.1, 0.1, 2, 2, 2, 2]])
    theta = np.random.default_rng(3).uniform(low, high, (8, 4, 6)).astype(np.float32)
    trials = [small_trial(plastic, 0, 2000)]
    exact, lazy = (run(small_network(plastic), trials, theta, RECORDING) for run in NUMBA)
    difference = np.array([[one.weight_sample - other.weight_sample for one, other in zip(*pair, strict=True)]
                           for pair in zip(exact, lazy, strict=True)])  # fmt: skip
    assert np.sqrt(np.mean(difference**2)) < 3e-3
    rates = [[record.counts.sum() for (record,) in records] for records in (exact, lazy)]
    np.testing.assert_allclose(rates[0], rates[1], rtol=0.02)


def test_rules_of_short_time_constants_take_the_exact_form():
    """Only these: a settlement every few steps would cost more than the exact form."""
    row = lambda tau_pre, tau_post: np.array([[tau_pre, tau_post, -0.2, 0.1, 1.0, 0.6]], np.float32)  # noqa: E731
    network = small_network(("IE",))
    forms = [numba_backend.form_of(network, row(*taus)) for taus in ((0.01, 0.001), (0.0005, 0.02), (0.02, 5e-5))]
    assert forms == ["lazy", "exact", "exact"]


@pytest.mark.parametrize("tau_post", [1e-30, 2e-5, 0.001, 1e4])
@pytest.mark.parametrize("tau_pre", [1e-30, 2e-5, 0.002, 1e4])
def test_lazy_form_takes_any_time_constant(tau_pre, tau_post):
    trials = [small_trial(("IE",), 0, 1500)]
    theta = rules([[tau_pre, tau_post, -0.2, 0.1, 1.0, 0.6]], ("IE",))
    exact, lazy = (run(small_network(("IE",)), trials, theta, RECORDING)[0][0] for run in NUMBA)
    assert lazy.status == Status.ok
    np.testing.assert_allclose(exact.weight_mean, lazy.weight_mean, rtol=1e-3)
