"""Networks that start from any weights, and networks that are saved and gone on with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pytest

from synapseek_core.engine.connectivity import all_to_all, projection, random_pairs
from synapseek_core.engine.inputs import LaterChunks, PoissonSource
from synapseek_core.engine.jax import backend as jax_backend
from synapseek_core.engine.network import CHUNK_STEPS, Group, Network, Plasticity, RateBounds, Trial
from synapseek_core.engine.numba import backend as numba_backend
from synapseek_core.engine.records import Recording
from synapseek_core.engine.simulation import simulate as simulate_on
from synapseek_core.engine.start import InitialWeights
from synapseek_core.engine.state_files import from_dataset, to_dataset
from synapseek_core.errors import ConfigurationError
from synapseek_core.files import datasets
from synapseek_core.files.contracts.network import NETWORK_STATE
from synapseek_core.neurons.cvaif import CVAIFSettings
from synapseek_core.neurons.tif import TIFSettings
from synapseek_core.plasticity.registry import SPIKING_FAMILIES
from synapseek_core.runtime import Compute
from synapseek_core.seeds import Trials
from synapseek_core.status import Status

EXCITATORY, INHIBITORY = Group("E", 0, 40), Group("I", 40, 50)
EVERYONE, INPUT = Group("neurons", 0, 50), Group("input", 50, 130)
SYNAPSES = {
    "EE": (EXCITATORY, EXCITATORY, "ampa", 0.1),
    "IE": (INHIBITORY, EXCITATORY, "gaba", 0.4),
    "EI": (EXCITATORY, INHIBITORY, "ampa", 0.2),
    "input": (INPUT, EVERYONE, "ampa", 0.25),
}
PLASTIC = ("EE", "IE")
BOUNDS = RateBounds("E", 0.1, -1.0, 1e6)
PAIR = np.array([[0.02, 0.02, 0.1, -0.1, -1.0, 0.5], [0.02, 0.03, 0.1, 0.1, -1.0, 1.0]], np.float32)
WHOLE, FIRST = 50_000, 30_000
RECORDING = Recording(neurons=tuple(range(50)), spike_rules=(0, 1), synapses=20, weight_chunks=5, state_rules=(0, 1))
SIMULATE = {"numba": partial(numba_backend.simulate, threads=1), "jax": jax_backend.simulate}


def network_of(family: str = "pair") -> Network:
    """50 neurons driven by 80 inputs; rules that read the neuron's state get a neuron that has it."""
    chosen = SPIKING_FAMILIES[family]
    neuron = CVAIFSettings() if chosen.postsynaptic_state else TIFSettings()
    return Network(neuron.build(), (EXCITATORY, INHIBITORY), INPUT.size, chosen, PLASTIC, BOUNDS)


def poisson(number: int = 0) -> PoissonSource:
    """Input of 20 Hz."""
    return PoissonSource(INPUT.size, 20.0, Trials(3, ("saved networks",), 5), number)


def trial_of(steps: int, learning_rate: float = 0.002, **others) -> Trial:
    """A random draw of the network, the same every time."""
    generator = np.random.default_rng(5)
    projections = []
    for name, (pre, post, transmitter, weight) in SYNAPSES.items():
        pairs = random_pairs(pre, post, 0.3, generator)
        plasticity = Plasticity(learning_rate, 1.0) if name in PLASTIC else None
        projections.append(projection(name, pre, post, transmitter, pairs, weight, plasticity))
    return replace(Trial(tuple(projections), poisson(), steps), **others)


def with_weights(trial: Trial, weights) -> Trial:
    """The trial with weights of single synapses, projection -> weights."""
    own = {name: {"weight": np.asarray(values, np.float32), "per_synapse": True} for name, values in weights.items()}
    return replace(trial, projections=tuple(replace(p, **own.get(p.name, {})) for p in trial.projections))


def by_projection(rules, projections: int = 2) -> np.ndarray:
    """The same rule on each plastic projection: (rule, projection, parameter)."""
    return np.repeat(np.asarray(rules, np.float32)[:, None], projections, axis=1)


def polynomial_rules() -> np.ndarray:
    """Two rules with all factors."""
    parameters = SPIKING_FAMILIES["polynomial"].parameter_names
    rules = np.random.default_rng(2).uniform(-0.3, 0.3, (2, len(parameters))).astype(np.float32)
    rules[:, [name.endswith("scale") for name in parameters]] = [[1.0, -0.5], [0.5, -0.5]]
    return rules


def assert_same_fields(one, other, names) -> None:
    for name in names:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


def assert_same_record(one, other) -> None:
    assert_same_fields(one, other, [name for name in vars(one) if name != "state"])


def assert_same_state(one, other) -> None:
    """Equal bit for bit, and of the same types."""
    left, right = to_dataset(one), to_dataset(other)
    for name in left.variables:
        assert left[name].dtype == right[name].dtype
        np.testing.assert_array_equal(left[name].values, right[name].values, err_msg=str(name))


@dataclass
class Stopped:
    """The same rules without a stop, and stopped after three of five seconds.

    whole, first: records of the two rules; loaded: their networks after the stop, from files.
    go_on: simulates the rest from there, and at the same time what other input makes of the same networks.
    """

    whole: list
    first: list
    loaded: list
    go_on: object


CASES = {
    ("pair", "lazy"): PAIR,
    ("pair", "exact"): PAIR,
    ("polynomial", "exact"): polynomial_rules(),
}


# Cases for which JAX compiles long are left to `pytest -m slow`.
STARTS = [
    pytest.param((b, *case), marks=[pytest.mark.slow] if b == "jax" and case[0] != "pair" else [])
    for b in SIMULATE
    for case in CASES
]
EVERY_FORM = [
    pytest.param(SIMULATE[b], form, id=f"{b}-{form}", marks=[pytest.mark.slow] if (b, form) == ("jax", "exact") else [])
    for b in SIMULATE
    for form in ("lazy", "exact")
]


@pytest.fixture(scope="module", params=STARTS, ids=" ".join)
def stopped(request, tmp_path_factory):
    backend, family, form = request.param
    simulate, network = partial(SIMULATE[backend], form=form), network_of(family)
    theta = by_projection(CASES[family, form])
    whole = trial_of(WHOLE, windows=((28_000, 43_100),), frozen=((40_000, 43_000),))
    first = replace(whole, steps=FIRST)
    records = simulate(network, [whole, first], theta, RECORDING)
    loaded, folder = [], tmp_path_factory.mktemp("saved")
    for number, (_, record) in enumerate(records):
        datasets.write(to_dataset(record.state), NETWORK_STATE, folder / f"{number}.nc", {})
        loaded.append(from_dataset(datasets.read(folder / f"{number}.nc", NETWORK_STATE)))

    def go_on():
        rest = replace(
            whole,
            steps=WHOLE - FIRST,
            spikes=LaterChunks(whole.spikes, FIRST // CHUNK_STEPS),
            windows=((0, 13_100),),
            frozen=((10_000, 13_000),),
        )
        trials = [rest, replace(rest, spikes=poisson(1))]
        return simulate(network, trials, theta, RECORDING, starts=[[state, state] for state in loaded])

    return Stopped([row[0] for row in records], [row[1] for row in records], loaded, go_on)


@pytest.fixture(scope="module")
def gone_on(stopped):
    return stopped.go_on()


def test_going_on_from_a_file_is_not_having_stopped(stopped, gone_on):
    """Every spike, count, weight and rate, and the state in the end."""
    for whole, first, (rest, _) in zip(stopped.whole, stopped.first, gone_on, strict=True):
        assert whole.status == first.status == rest.status == Status.ok
        later = whole.spikes[whole.spikes[:, 0] >= FIRST] - np.array([FIRST, 0])
        np.testing.assert_array_equal(rest.spikes, later)
        bins, samples = FIRST // RECORDING.bin_steps, FIRST // (CHUNK_STEPS * RECORDING.weight_chunks)
        np.testing.assert_array_equal(rest.counts, whole.counts[:, bins:])
        np.testing.assert_array_equal(rest.filtered_rate, whole.filtered_rate[bins:])
        np.testing.assert_array_equal(rest.window_counts + first.window_counts, whole.window_counts)
        for name in ("weight_mean", "weight_sd", "weight_sample"):
            np.testing.assert_array_equal(getattr(rest, name), getattr(whole, name)[:, samples:], err_msg=name)
        assert_same_fields(rest, whole, ("final_mean", "final_sd", "at_bounds"))
        assert_same_state(rest.state, whole.state)
        assert rest.state.steps == WHOLE
        # Not a quiet network whose weights rest.
        assert len(rest.spikes) > 500
        assert np.abs(np.diff(rest.weight_sample, axis=1)).max(axis=(1, 2)).min() > 0.01
        assert any(state.under_way.any() for state in stopped.loaded)


def test_a_file_holds_the_state_bit_for_bit(stopped):
    for record, loaded in zip(stopped.first, stopped.loaded, strict=True):
        assert_same_state(record.state, loaded)


def test_a_state_can_be_gone_on_with_again(stopped, gone_on):
    for row, again in zip(gone_on, stopped.go_on(), strict=True):
        for record, other in zip(row, again, strict=True):
            assert_same_record(record, other)
            assert_same_state(record.state, other.state)


def test_other_input_makes_another_run_of_the_same_network(gone_on):
    for rest, other in gone_on:
        np.testing.assert_array_equal(rest.weight_sample[:, 0], other.weight_sample[:, 0])
        assert not np.array_equal(rest.counts, other.counts)


def test_the_other_backend_and_form_take_a_state():
    """They go on alike until the last digits tell, which is not within 0.2 s."""
    network, theta = network_of(), by_projection(PAIR)
    first = numba_backend.simulate(network, [trial_of(2000)], theta, RECORDING, 1, form="lazy")
    rest = trial_of(2000, spikes=LaterChunks(poisson(), 2))
    starts = [[record.state] for (record,) in first]
    found = [
        simulate(network, [rest], theta, RECORDING, form=form, starts=starts)
        for simulate in SIMULATE.values()
        for form in ("lazy", "exact")
    ]
    for rule in range(len(theta)):
        records = [records[rule][0] for records in found]
        for other in records[1:]:
            # The forms clip at different moments; the spikes see nothing of it yet.
            np.testing.assert_array_equal(records[0].spikes, other.spikes)
            np.testing.assert_allclose(records[0].weight_sample, other.weight_sample, atol=3e-3)
            np.testing.assert_allclose(records[0].filtered_rate, other.filtered_rate, rtol=1e-5)


@pytest.mark.parametrize("simulate", SIMULATE.values(), ids=SIMULATE)
def test_weights_of_another_network(simulate):
    """A network that starts from the weights another one ended with, however they are given to it."""
    network, theta = network_of(), by_projection(PAIR[:1])
    ended = simulate(network, [trial_of(3000)], theta, RECORDING)[0][0].state.weights
    trial = trial_of(2000, spikes=poisson(1))
    given = [
        InitialWeights(ended),
        InitialWeights({name: lambda p: ended[p.name] for name in PLASTIC}),
        InitialWeights({"EE": ended["EE"]}),
        None,
    ]
    # The trial's own weights of IE are those of the other network, so that a start may leave them out.
    trials = [trial, with_weights(trial, {"IE": ended["IE"]}), with_weights(trial, ended)]
    own = [[0], [0], [1], [2]]
    recording = replace(RECORDING, spike_rules=(0, 1, 2, 3), state_rules=(0, 1, 2, 3))
    records = simulate(network, trials, np.repeat(theta, 4, 0), recording, trials_of=own, starts=[[g] for g in given])
    for (record,) in records:
        assert_same_record(record, records[0][0])
        assert_same_state(record.state, records[0][0].state)
    for k, p in enumerate(trial.plastic):
        sampled = ended[p.name][recording.synapse_ids(p)]
        np.testing.assert_array_equal(records[0][0].weight_sample[k, 0], sampled)
        assert np.ptp(sampled) > 0.01


@pytest.mark.parametrize(("simulate", "form"), EVERY_FORM)
def test_frozen_types_start_from_a_weight_of_each_rule(simulate, form):
    """Side by side as each alone, and as in a trial that says so; the weights stay where they are."""
    network, weights = network_of(), (0.02, 0.1, 0.3)
    trial = trial_of(2000)
    frozen = [replace(p, plasticity=Plasticity(0.0, 1.0)) if p.name == "EE" else p for p in trial.projections]
    trial = replace(trial, projections=tuple(frozen))
    theta = by_projection(np.repeat(PAIR[:1], len(weights), 0))
    starts = [[InitialWeights({"EE": weight})] for weight in weights]
    recording = replace(RECORDING, spike_rules=(0, 1, 2), state_rules=(0, 1, 2))
    together = simulate(network, [trial], theta, recording, form=form, starts=starts)
    for rule, weight in enumerate(weights):
        (record,) = together[rule]
        alone = simulate(network, [trial], theta[:1], recording, form=form, starts=starts[rule : rule + 1])[0][0]
        said = replace(trial, projections=tuple(
            replace(p, weight=np.full_like(p.weight, weight)) if p.name == "EE" else p for p in trial.projections
        ))  # fmt: skip
        as_said = simulate(network, [said], theta[:1], recording, form=form)[0][0]
        for other in (alone, as_said):
            assert_same_record(record, other)
            assert_same_state(record.state, other.state)
        np.testing.assert_array_equal(record.state.weights["EE"], np.float32(weight))
        assert np.ptp(record.state.weights["IE"]) > 0.01
    assert len({record.counts.sum() for (record,) in together}) == len(weights)


@pytest.mark.parametrize(("simulate", "form"), EVERY_FORM)
def test_static_synapses_have_weights_of_their_own(simulate, form):
    """A projection with a weight a synapse is as many with a weight a presynaptic unit, one onto each neuron."""
    network, trial, theta = network_of(), trial_of(2000), by_projection(PAIR)
    split, joined = list(trial.projections), list(trial.projections)
    for pre in (EXCITATORY, INPUT):
        few = Group("few", 38, 41)
        # Of an autapse there is no weight.
        row_start, targets = all_to_all(pre, few)
        weights = np.random.default_rng(4).uniform(0.0, 1.0, len(targets)).astype(np.float32)
        # The same largest weight onto each: conductances are counted in units that follow from it.
        weights[:3] = 1.0
        joined.append(
            projection(f"{pre.name} to few", pre, few, "ampa", (row_start, targets), weights, per_synapse=True)
        )
        for neuron in range(few.start, few.stop):
            post = Group(f"{neuron}", neuron, neuron + 1)
            of_unit = np.zeros(pre.size, np.float32)
            of_unit[joined[-1].sources[targets == neuron]] = weights[targets == neuron]
            name = f"{pre.name} to {neuron}"
            split.append(projection(name, pre, post, "ampa", all_to_all(pre, post), of_unit))
    found = [
        simulate(network, [replace(trial, projections=tuple(projections))], theta, RECORDING, form=form)
        for projections in (joined, split)
    ]
    for (record,), (other,) in zip(*found, strict=True):
        assert_same_record(record, other)
        assert record.counts.sum() > 50


@pytest.mark.parametrize("backend", ["numba", "jax"])
def test_a_network_without_plastic_synapses_goes_on(backend, tmp_path):
    """And through the one interface to the backends."""
    network, theta = replace(network_of(), plastic=()), np.empty((1, 0, 6), np.float32)
    static = tuple(replace(p, plasticity=None) for p in trial_of(1000).projections)

    def run(spikes, steps, starts=None):
        trials, compute = [Trial(static, spikes, steps)], Compute(backend, "cpu")
        return simulate_on(network, trials, theta, RECORDING, compute, starts=starts)[0][0]

    whole, first = run(poisson(), 4000), run(poisson(), 2000)
    datasets.write(to_dataset(first.state), NETWORK_STATE, tmp_path / "state.nc", {})
    state = from_dataset(datasets.read(tmp_path / "state.nc", NETWORK_STATE))
    rest = run(LaterChunks(poisson(), 2), 2000, [[state]])
    np.testing.assert_array_equal(rest.counts, whole.counts[:, 20:])
    assert_same_state(rest.state, whole.state)


@pytest.mark.parametrize("simulate", SIMULATE.values(), ids=SIMULATE)
def test_a_stopped_trial_leaves_no_state(simulate):
    network = replace(network_of(), bounds=RateBounds("E", 0.1, 100.0, 200.0))
    (record,) = simulate(network, [trial_of(2000)], by_projection(PAIR[:1]), RECORDING)[0]
    assert (record.status, record.state) == (Status.silent, None)


@pytest.mark.parametrize("simulate", SIMULATE.values(), ids=SIMULATE)
def test_what_does_not_fit_is_refused(simulate):
    """In one line, before anything runs."""
    network, trial, theta = network_of(), trial_of(1000), by_projection(PAIR[:1])
    run = partial(simulate, network, [trial], theta, RECORDING)
    state = run()[0][0].state
    targets = trial.plastic[0].targets.copy()
    targets[0] += 1
    rewired = replace(trial, projections=(replace(trial.plastic[0], targets=targets), *trial.projections[1:]))
    half = {name: {trace: values[1:] for trace, values in of.items()} for name, of in state.presynaptic.items()}
    for message, refused in {
        "multiple of 1000 time steps": partial(simulate, network, [replace(trial, steps=1500)], theta, RECORDING),
        "EI.*no plastic projection": partial(run, starts=[[InitialWeights({"EI": 0.1})]]),
        "allowed: 0 to 1": partial(run, starts=[[InitialWeights({"EE": 1.5})]]),
        "EE: weights of shape": partial(run, starts=[[InitialWeights({"EE": np.zeros(3)})]]),
        "every rule needs one": partial(run, starts=[[None, None]]),
        "twice": partial(run, trials_of=[[0, 0]], starts=[[None, state]]),
        "other connectivity": partial(simulate, network, [rewired], theta, RECORDING, starts=[[state]]),
        "other presynaptic traces": partial(run, starts=[[replace(state, presynaptic=half)]]),
        "other neurons": partial(
            simulate, network_of("polynomial"), [trial], np.zeros((1, 2, 20)), RECORDING, starts=[[state]]
        ),
    }.items():
        with pytest.raises(ConfigurationError, match=message) as caught:
            refused()
        assert "\n" not in str(caught.value)


def test_a_projection_has_one_weight_a_unit_or_one_a_synapse():
    known = trial_of(1000).projections[0]
    np.testing.assert_array_equal(known.synapse_weight, np.full(len(known.targets), np.float32(0.1)))
    with pytest.raises(ValueError, match="one a synapse would be"):
        replace(known, per_synapse=True)
    with pytest.raises(ValueError, match="one a presynaptic unit would be"):
        replace(known, weight=known.synapse_weight)
