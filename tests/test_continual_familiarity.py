"""Continual familiarity: streams as their law says, networks as their formulas, curricula, capacity, whole studies."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from drawn import has_curve
from planned import as_many_rules_as_planned

from synapseek_core.analysis.capacity import fit_power_law, largest_interval
from synapseek_core.errors import ConfigurationError
from synapseek_core.figures.comparison.comparison import StudyResults
from synapseek_core.figures.comparison.registry import COMPARISONS
from synapseek_core.figures.recognition import intervals
from synapseek_core.files import datasets
from synapseek_core.files.contracts.activity import STREAM_ACTIVITY
from synapseek_core.files.contracts.rules import DEGENERACY, FITNESS, GENERALISATION, SEARCH
from synapseek_core.interfaces.rules import RuleTable
from synapseek_core.interfaces.search import CurriculumSettings
from synapseek_core.pipeline.results import SearchHistory, analysis_of
from synapseek_core.pipeline.run import run
from synapseek_core.runtime import Compute
from synapseek_core.search.curriculum import Curriculum, is_mastered
from synapseek_core.search.history import join
from synapseek_core.search.methods import advance
from synapseek_core.seeds import Trials
from synapseek_core.status import Status
from synapseek_core.streams.bogacz_brown import BogaczBrown
from synapseek_core.streams.entropy import cross_entropy
from synapseek_core.streams.hebbff import HebbFF
from synapseek_core.streams.learning import loss, loss_and_gradient
from synapseek_core.streams.lstm import LSTM
from synapseek_core.streams.recognition import Recognition, record
from synapseek_core.streams.streams import StreamLaw, StreamShape, draw_stream
from synapseek_core.studies import project

TRIALS = Trials(1, ("test",), 6)


DRAW = jax.jit(jax.vmap(draw_stream, (None, None, 0)), static_argnums=0)


def drawn(interval, plain=True, **law):
    keys = jax.random.split(jax.random.key(0), 50)
    stream = DRAW(StreamShape(40, 300, plain), StreamLaw(interval, 300, 0.5, **law), keys)
    return np.asarray(stream.patterns), np.asarray(stream.repeated)


def theta_of(network, seed=0, **values):
    theta = np.random.default_rng(seed).normal(size=len(network.family.parameters))
    for name, value in values.items():
        theta[network.places[name]] = value
    return theta


@pytest.mark.parametrize("interval", [1, 3, 7])
def test_a_pattern_comes_again_after_the_interval_if_it_was_new(interval):
    patterns, repeated = drawn(interval)
    assert set(np.unique(patterns)) == {-1, 1}
    assert not repeated[:, :interval].any()
    same = (patterns[:, interval:] == patterns[:, :-interval]).all(-1)
    np.testing.assert_array_equal(same, repeated[:, interval:])
    assert not (repeated[:, interval:] & repeated[:, :-interval]).any()
    # With probability 1/2 where the earlier one is new: a third of all.
    possible = ~repeated[:, :-interval]
    assert repeated[:, interval:][possible].mean() == pytest.approx(0.5, abs=0.02)
    assert repeated.mean() == pytest.approx(1 / 3, abs=0.02)


def test_new_patterns_are_balanced_and_independent():
    patterns, repeated = drawn(2)
    new = patterns[~repeated]
    assert abs(new.mean()) < 0.01
    others = (new[:-3] * new[3:]).mean(-1)
    assert abs(others.mean()) < 0.01
    assert others.var() == pytest.approx(1 / 40, rel=0.1)


def test_many_repeats_noise_and_correlation():
    patterns, repeated = drawn(2, multiple=True)
    assert repeated[:, 2:].mean() == pytest.approx(0.5, abs=0.02)
    same = (patterns[:, 2:] == patterns[:, :-2]).all(-1)
    np.testing.assert_array_equal(same, repeated[:, 2:])
    noisy, which = drawn(2, plain=False, noise=0.2)
    turned = noisy[:, 2:] != noisy[:, :-2]
    assert turned[which[:, 2:]].mean() == pytest.approx(0.2, abs=0.01)
    alike, which = drawn(2, plain=False, correlation=0.3)
    pairs = (alike[:, 1:] * alike[:, :-1]).mean(-1)
    assert pairs.mean() == pytest.approx(0.3, abs=0.02)


def test_a_trial_does_not_depend_on_the_number_of_trials():
    study = project.load_study("continual_familiarity")
    theta = theta_of(study.settings.build_network(), **{"lambda": 0.9, "eta_d": -5.0})[None]
    few, many = (study.task.success(theta, Trials(1, ("a",), n), Compute()) for n in (2, 5))
    np.testing.assert_array_equal(few, many[:, :2])


def hebbff_step_by_step(network, theta, patterns):
    """The formulas of the network, one pattern after the other."""
    block = network.split(theta)
    w1, memory = block["w1"] / np.sqrt(network.inputs), np.zeros((network.units, network.inputs))
    logits, activity = [], []
    for x in patterns:
        h = 1 / (1 + np.exp(-((w1 + memory) @ x + block["b1"])))
        scale = np.sqrt(network.units) if network.readout == "weighted" else 1.0
        logits.append((block["w2"] / scale * np.ones(network.units)) @ h + block["b2"])
        memory = block["lambda"] * memory + block["eta_d"] / network.inputs * np.outer(h, x)
        activity.append(h)
    return np.array(logits), np.array(activity)


@pytest.mark.parametrize("readout", ["weighted", "uniform"])
@pytest.mark.parametrize("steps", [20, 47])
def test_hebbff_is_its_formula(readout, steps):
    network = HebbFF(7, 5, "free", readout)
    theta = theta_of(network, **{"lambda": 0.9, "eta_d": -4.0})
    patterns = np.random.default_rng(1).choice([-1.0, 1.0], (steps, 7))
    found = network.respond(jnp.asarray(theta, jnp.float32), jnp.asarray(patterns, jnp.float32), jax.random.key(0))
    logits, activity = hebbff_step_by_step(network, theta, patterns)
    np.testing.assert_allclose(found.logit, logits, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(found.hidden, activity, rtol=1e-3, atol=1e-5)


def test_gradient_agrees_with_finite_differences():
    """Central differences in double precision, along every parameter of HebbFF, over more than one chunk."""
    with jax.enable_x64(True):
        network = HebbFF(4, 3)
        task = Recognition(network, StreamShape(4, 50))
        theta = jnp.asarray(theta_of(network, **{"lambda": 0.9, "eta_d": -3.0}))[None]
        keys = jax.random.split(jax.random.key(1), 3)
        law = StreamLaw(3, 45, 0.5)
        value, gradient = loss_and_gradient(task, theta, law, keys)
        steps = 1e-6 * np.eye(theta.size)
        ahead, behind = (loss(task, theta + sign * steps, law, keys) for sign in (1, -1))
        np.testing.assert_allclose(gradient[0], (ahead - behind) / 2e-6, rtol=1e-4, atol=1e-8)
        assert 0 < float(value[0]) < 3


def test_a_hand_made_network_detects_repeats():
    """Units that a pattern selects store it with negative sign, and are silent when it comes again."""
    study = project.load_study("continual_familiarity")
    network = study.settings.build_network()
    w1 = 5 * np.eye(25).ravel() * np.sqrt(25)
    theta = theta_of(network, w1=w1, b1=-2.0, w2=-10.0 / 5 * 5, b2=5.0, eta_d=-10.0, **{"lambda": 0.85})[None]
    assert study.task.success(theta, TRIALS, Compute()).mean() > 0.95
    forgetful = theta.copy()
    forgetful[0, network.places["eta_d"]] = 0.0
    assert study.task.success(forgetful, TRIALS, Compute()).mean() < 0.7


def test_bogacz_brown_keeps_its_weights_normalised_and_knows_what_it_has_seen():
    network = BogaczBrown(100, 100)
    patterns = np.random.default_rng(0).choice([-1.0, 1.0], (20, 100))
    twice = jnp.asarray(np.concatenate([patterns, patterns]), jnp.float32)
    theta = jnp.array([0.7, 0.0, 1.0])
    found = network.respond(theta, twice, jax.random.key(0))
    discrimination = -np.asarray(found.logit)
    np.testing.assert_allclose(discrimination, found.hidden.mean(-1), rtol=1e-5)
    assert (discrimination[20:] < discrimination[:20]).mean() > 0.9
    # The potentials of normalised weights have variance 1, of a half-normal law the mean is 0.8.
    assert discrimination[0] == pytest.approx(0.8, abs=0.15)


def test_lstm_without_weights_says_its_bias():
    network = LSTM(4, 3)
    theta = theta_of(network)
    theta[:] = 0
    theta[network.places["output_bias"]] = 2 * np.sqrt(3)
    found = network.respond(jnp.asarray(theta, jnp.float32), jnp.ones((10, 4)), jax.random.key(0))
    np.testing.assert_allclose(found.logit, 2.0, rtol=1e-6)
    other = jnp.asarray(theta_of(network), jnp.float32)
    first = network.respond(other, jnp.ones((10, 4)), jax.random.key(0))
    second = network.respond(other, jnp.ones((10, 4)), jax.random.key(1))
    np.testing.assert_array_equal(first.logit, second.logit)


def test_signs_are_forced():
    for sign, start in (("hebbian", 5.0), ("anti_hebbian", -5.0)):
        space = project.load_study(f"continual_familiarity_{sign}").settings.rule_space
        coordinates = np.random.default_rng(0).normal(0, 5, (4, len(space.names)))
        assert (np.sign(space.from_coordinates(coordinates)[:, 0]) == np.sign(start)).all()
        theta = space.from_coordinates(coordinates)
        np.testing.assert_allclose(space.to_coordinates(theta), coordinates, rtol=1e-6)
        step = 1e-6 * np.ones(len(space.names))
        numerical = (space.from_coordinates(coordinates + step) - space.from_coordinates(coordinates - step)) / 2e-6
        np.testing.assert_allclose(space.slopes(theta), numerical, rtol=1e-4, atol=1e-10)


def test_failed_networks_are_data(tmp_path):
    study = project.load_study("continual_familiarity")
    good = theta_of(study.settings.build_network(), **{"lambda": 0.9, "eta_d": -5.0})
    broken = good.copy()
    broken[-1] = np.nan
    activity = study.task.simulate(RuleTable.of([good, broken], ["good", "broken"]), TRIALS, Compute())
    datasets.write(activity, STREAM_ACTIVITY, tmp_path / "a.nc", {})
    fitness = study.task.evaluate(datasets.read(tmp_path / "a.nc", STREAM_ACTIVITY))
    datasets.write(fitness, FITNESS, tmp_path / "f.nc", {})
    assert (fitness["status"].sel(rule="good") == Status.ok).all()
    assert (fitness["status"].sel(rule="broken") == Status.non_finite).all()
    assert fitness["loss"].sel(rule="broken") == pytest.approx(10)
    searched = study.task.loss(np.array([good, broken]), TRIALS, Compute())
    np.testing.assert_allclose(searched, fitness["loss"], rtol=1e-4)
    accuracy = study.task.success(good[None], TRIALS, Compute())
    np.testing.assert_allclose(fitness["accuracy"].sel(rule="good"), accuracy[0], rtol=1e-5)


def test_streams_are_as_long_as_the_interval_asks():
    """Published: 200 patterns, or 20 times the interval if that is more; twice as many, or 4 times, ... are drawn."""
    stream = project.load_study("continual_familiarity").settings.stream
    laws = [stream.law(interval) for interval in (1, 10, 11, 28, 40)]
    assert [law.scored for law in laws] == [200, 200, 220, 560, 800]
    assert [stream.shape(25, law).steps for law in laws] == [200, 200, 400, 800, 800]


def test_steps_beyond_the_scored_ones_do_not_count():
    network, keys = HebbFF(4, 3), jax.random.split(jax.random.key(1), 3)
    theta = jnp.asarray(theta_of(network, **{"lambda": 0.9, "eta_d": -3.0}), jnp.float32)[None]
    found = record(Recognition(network, StreamShape(4, 60)), theta, StreamLaw(2, 40, 0.5), keys)
    counted = cross_entropy(found.logit, found.repeated)[..., :40].mean()
    np.testing.assert_allclose(
        loss(Recognition(network, StreamShape(4, 60)), theta, StreamLaw(2, 40, 0.5), keys), counted, rtol=1e-5
    )


def test_level_rises_when_enough_trials_in_a_row_succeed():
    settings = CurriculumSettings(start=2, success=0.9, window=3, trials=2, highest=3)
    assert not is_mastered(np.array([1, 0.5, 1, 1]), settings)
    assert is_mastered(np.array([0.1, 0.8, 0.95, 0.95]), settings)
    assert not is_mastered(np.array([np.nan, 1, 1]), settings)
    levels = []

    def score(theta, trials):
        levels.append(trials.level)
        return np.full((1, trials.count), 1.0)

    curriculum = Curriculum(settings, score)
    progress = curriculum.begin(None)
    for generation in range(5):
        progress = curriculum.after(progress, np.zeros((1, 2)), 1, 0, generation)
    # Two generations of two trials fill a window of three; after that 3 is the highest level.
    assert levels == [2, 2, 3, 3, 3]
    assert progress.levels == (2, 2, 3, 3, 3, 3)


TINY_SEARCH = {"generations": 4, "chunk": 4, "trials": 2, "restarts": 1}
TINY = {
    "network": {"inputs": 6, "units": 4},
    "stream": {"steps": 40, "steps_per_interval": 2},
    "search": {
        "gradient": TINY_SEARCH | {"updates": 2},
        # A criterion that any network meets, so that the level rises.
        "curriculum": TINY_SEARCH | {"updates": 2, "curriculum": {"success": 0.01, "trials": 5, "highest": 4}},
        "evolution": TINY_SEARCH | {"population_size": 4},
    },
    "evaluation": {"trials": 2},
    "generalisation": {
        "trials": 2,
        "conditions": {f"R = {n}": {"stream": {"interval": n}} for n in (1, 2)},
    },
    "degeneracy": {"solved_loss": 5.0},
}


@pytest.mark.parametrize("search", ["curriculum", pytest.param("evolution", marks=pytest.mark.slow)])
def test_chunks_through_files_equal_an_uncut_run_bit_for_bit(search, tmp_path):
    """The level and the last successes are part of the state."""
    changes = TINY
    if search == "evolution":
        curriculum = TINY["search"]["curriculum"]["curriculum"]
        changes = TINY | {
            "search": TINY["search"] | {"evolution": TINY["search"]["evolution"] | {"curriculum": curriculum}}
        }
    task = project.load_study("continual_familiarity", changes=changes).task
    whole = advance(task, search, 0, range(4), None, Compute())
    chunks, previous = [], None
    for index, generations in enumerate((range(0, 1), range(1, 4))):
        path = tmp_path / f"{index}.nc"
        datasets.write(advance(task, search, 0, generations, previous, Compute()), SEARCH, path, {})
        previous = datasets.read(path, SEARCH)
        chunks.append(previous)
    joined = join(chunks)
    for name in ("solution", "loss", "distribution_mean", "level", "success"):
        np.testing.assert_array_equal(joined[name], whole[name])
    assert whole["level"].values[-1] > whole["level"].values[0]


@pytest.mark.slow
def test_free_networks_learn_anti_hebbian_plasticity():
    study = project.load_study("continual_familiarity")
    found = advance(study.task, "gradient", 0, range(20), None, Compute())
    theta = study.settings.rule_space.from_coordinates(found["distribution_mean"][-1].values)
    assert theta[0, 0] < -5
    assert study.task.success(theta, TRIALS, Compute()).mean() > 0.9


def test_gradient_descent_lowers_the_loss():
    study = project.load_study("continual_familiarity", changes={"search": {"gradient": {"updates": 30}}})
    found = advance(study.task, "gradient", 0, range(5), None, Compute())
    assert found["loss"][-1, 0] < 0.7 * found["loss"][0, 0]


def test_power_law_is_recovered():
    inputs, units = np.array([10.0, 20, 40, 10, 40]), np.array([2.0, 2, 8, 16, 1])
    law = fit_power_law(0.3 * inputs**0.9 * units**0.5, inputs, units)
    np.testing.assert_allclose([law.factor, *law.exponents], [0.3, 0.9, 0.5], rtol=1e-4)
    np.testing.assert_allclose(law(inputs, units), 0.3 * inputs**0.9 * units**0.5, rtol=1e-4)


@pytest.fixture(scope="module")
def whole():
    """A whole study at a tiny size: the study, and its results by need."""
    study = project.load_study("continual_familiarity", changes=TINY)
    return study, run(study, compute=Compute(threads=2))


@pytest.fixture(scope="module")
def networks(whole):
    """Studies of two networks: name -> study, results by need."""
    searches = {name: TINY["search"][name] for name in ("gradient", "curriculum")}
    lstm = project.load_study("continual_familiarity_lstm", changes=TINY | {"search": searches})
    return {whole[0].name: whole, lstm.name: (lstm, run(lstm, compute=Compute(threads=2)))}


@pytest.fixture(scope="module")
def capacity():
    """Curricula of networks of three sizes, each up to another interval, by a criterion that any network meets."""
    found = {}
    for name, highest, size in (("small", 2, (6, 2)), ("wide", 3, (12, 2)), ("large", 4, (12, 6))):
        easy = TINY["search"]["curriculum"]["curriculum"] | {"highest": highest}
        changes = {
            "base": "continual_familiarity_capacity",
            "network": {"inputs": size[0], "units": size[1]},
            "stream": TINY["stream"],
            "search": {"curriculum": TINY["search"]["curriculum"] | {"curriculum": easy}},
        }
        study = project.load_study(name, changes=changes)
        found[name] = study, run(study, [SearchHistory()], Compute(threads=2))
    return found


def test_files_keep_their_contracts(whole):
    study, results = whole
    for kind, contract in (("degeneracy", DEGENERACY), ("generalisation", GENERALISATION)):
        datasets.validate(results[analysis_of(kind)], contract, kind)
    assert as_many_rules_as_planned(results)
    degeneracy = results[analysis_of("degeneracy")]
    assert "eigenvalue" not in degeneracy
    assert list(degeneracy["learned"].values) == ["gradient_0", "curriculum_0", "evolution_0"]
    best = degeneracy["perturbed_loss"].sel(block="eta_d", perturbation=0.03)
    own = float(degeneracy["learned_loss"].min())
    assert float(best) == pytest.approx(own, rel=0.2)
    # The plane goes through the best network.
    middle = degeneracy["loss_of_plasticity"].sel(eta=float(degeneracy["centre_of_plasticity"][0]), method="nearest")
    assert float(middle.isel(decay=8)) == pytest.approx(own, rel=1e-3)
    assert study.settings.generalisation.conditions["R = 2"]["stream"]["interval"] == 2


def assert_drawn(study, results):
    """Every figure shows data in two panels or more; the accuracy of every network is a curve, point by point."""
    for name in study.figures:
        panels = results.figure(name).axes
        assert sum(bool(panel.lines or panel.collections or panel.images or panel.patches) for panel in panels) > 1
    for search in study.settings.search:
        assert has_curve(results.figure("repeat_intervals").axes[0], accuracy(study, results, search))


def accuracy(study, results, search):
    """Accuracy of the network of a search by repeat interval, mean over trials."""
    tested = results[analysis_of("generalisation")]["accuracy"]
    return tested.sel(rule=f"{search}_0", condition=list(intervals(study.settings))).mean("trial").values


def test_figures_are_drawn(whole):
    assert_drawn(*whole)


@pytest.mark.slow
def test_figures_across_studies_show_the_studies_that_they_are_of(networks, capacity):
    assert_drawn(*networks["continual_familiarity_lstm"])
    everything, drawn = networks | capacity, {}
    for name, shown in (("repeat_intervals_of_networks", networks), ("capacity", capacity)):
        comparison = COMPARISONS[name]
        assert [s.name for s in comparison.studies(study for study, _ in everything.values())] == list(shown)
        results = [StudyResults(study, {need: own[need] for need in comparison.needs}) for study, own in shown.values()]
        drawn[name] = comparison.draw(results)
    of_networks, of_sizes = drawn["repeat_intervals_of_networks"].axes[0], drawn["capacity"].axes[1]
    assert all(has_curve(of_networks, accuracy(study, own, "gradient")) for study, own in networks.values())
    assert has_curve(of_sizes, np.array([2.0, 3.0, 4.0]))


@pytest.mark.slow
def test_capacity_is_the_level_that_the_curriculum_reached(capacity):
    assert [largest_interval(own[SearchHistory()]) for _, own in capacity.values()] == [2, 3, 4]


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        (
            "continual_familiarity_lstm",
            {"plasticity": {"sign": "hebbian"}},
            "sign and readout are of hebbff; lstm has neither",
        ),
        (
            "continual_familiarity",
            {"search": {"gradient": {"truncation": 5}}},
            "search.gradient.truncation must be null",
        ),
        (
            "continual_familiarity",
            {"search": {"gradient": {"start": {"eta": 3}}}},
            "'eta' is no parameter of the hebbff rule on feedforward; allowed: eta_d, lambda, b2, w2, b1, w1",
        ),
        (
            "continual_familiarity",
            {"search": {"gradient": {"start": {"lambda": 1.5}}}},
            "allowed: between 0 and 1",
        ),
        (
            "continual_familiarity",
            {"generalisation": {"conditions": {"larger": {"network": {"units": 30}}}}},
            "generalisation.conditions.larger: rules have other parameters there",
        ),
        (
            "continual_familiarity",
            {"search": {"curriculum": {"curriculum": {"windows": 3}}}},
            "did you mean 'window'",
        ),
        ("oja", {"search": {"gradient": {"curriculum": {}}}}, "task has no levels; allowed: null"),
    ],
)
def test_mistakes_are_one_clear_line(name, changes, message):
    with pytest.raises(ConfigurationError, match=message) as error:
        project.load_study(name, changes=changes)
    assert "\n" not in str(error.value)
